/** A worker with the workflows of hold-workflow.ts: `worker-process.ts <out> <address> [idle]`. */
import { activityInfo } from '@temporalio/activity';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFailure } from '../../activities/step/failures.ts';
import { OutOfMemoryError } from '../../activities/ports/errors.ts';
import { withHeartbeat } from '../../activities/step/heartbeat.ts';
import { ComputePool } from '../../infra/compute/pool.ts';
import { runWorker } from '../../infra/worker/run-worker.ts';
import { segmentJob, testEntries } from './compute-jobs.ts';

const [out, address, idle] = process.argv.slice(2);
const pool = new ComputePool({ logs: join(out!, '.logs'), cores: 1, entries: testEntries });

const activities = {
  /** First attempt: a compute process that works for ever; its id goes to `<folder>/pid`. */
  hold: (folder: string): Promise<number> =>
    withHeartbeat(async ({ signal, onProgress }) => {
      const { attempt } = activityInfo();
      const job = segmentJob(attempt === 1 ? 'sleep' : 'steps');
      await pool.run('train-segment', job, {
        threads: 1,
        scratch: folder,
        signal,
        onProgress: (progress) => {
          onProgress(progress);
          if (progress.phase === 'step') void writeFile(join(folder, 'pid'), pool.processIds().join());
        },
      });
      return attempt;
    }),
  /** Gets no memory, however often: `<folder>/attempts` has a dot for each. */
  starve: (folder: string): Promise<void> =>
    withHeartbeat(async ({ onProgress }) => {
      await appendFile(join(folder, 'attempts'), '.');
      onProgress({ phase: 'step', done: 1, total: 2 });
      throw new OutOfMemoryError('There was not enough memory.');
    }).catch((error: unknown) => {
      throw asFailure(error);
    }),
  echo: async (word: string): Promise<string> => word,
};

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('SIGTERM'));
await runWorker({
  out: out!,
  address: address!,
  signal: stop.signal,
  exitWhenIdle: idle === 'idle',
  idle: { askEveryMs: 200, idleForMs: 3000 },
  code: { workflows: new URL('./hold-workflow.ts', import.meta.url), activities: () => activities },
});
await pool.close();
process.exit(0);
