/** A worker with today's activities and the workflows of earlier-workflow.ts: `earlier-worker.ts <out>
 *  <address>`. */
import { createActivities } from '../../activities/create-activities.ts';
import { runWorker } from '../../infra/worker/run-worker.ts';

const [out, address] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('SIGTERM'));
await runWorker({
  out: out!,
  address: address!,
  signal: stop.signal,
  code: { workflows: new URL('./earlier-workflow.ts', import.meta.url), activities: createActivities },
});
process.exit(0);
