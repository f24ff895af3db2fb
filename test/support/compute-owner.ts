/** A worker for tests: runs one job that keeps its process busy for ever, and prints that process's id.
 *  `compute-owner.ts <folder> <behaviour>` */
import { ComputePool } from '../../infra/compute/pool.ts';
import { segmentJob, testEntries } from './compute-jobs.ts';

const [folder, behaviour] = process.argv.slice(2);
const pool = new ComputePool({ logs: folder!, cores: 2, entries: testEntries });
setTimeout(() => {}, 60_000);
void pool.run('train-segment', segmentJob(behaviour!), {
  threads: 1,
  scratch: folder!,
  signal: new AbortController().signal,
  onProgress: ({ phase }) => {
    if (phase === 'step') process.stdout.write(`${pool.processIds().join()}\n`);
  },
});
