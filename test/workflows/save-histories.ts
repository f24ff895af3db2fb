/** Saves histories of pretend runs to test/golden/histories, for `saved-histories.test.ts` to replay.
 *  Run it after a change of the workflows that may break running ones, on purpose, or for a run that is new here:
 *  node --import tsx test/workflows/save-histories.ts [NAME...] */
import { mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { evaluateQueue, trainQueue } from '../../workflows/queues.ts';
import { bundleWorkflows, startTemporal } from '../support/temporal.ts';
import { divergence, lostCheckpoint, ofImages, pretend, requestOf, segmentName, sharedBy, withContrast, withOneBaseline } from './fake-run.ts';

const folder = new URL('../golden/histories/', import.meta.url);
const env = await startTemporal();

const onceDiverging = pretend({ trainSegment: async (request) => {
  if (segmentName(request) === 'contrast@30~0') throw divergence(request);
  return pretend().activities.trainSegment(request);
} });
let losses = 0;
const onceLost = pretend({ trainSegment: async (request) => {
  if (segmentName(request) === 'contrast@30~0' && losses++ === 0) throw lostCheckpoint(request);
  return pretend().activities.trainSegment(request);
} });
const likelihood = { method: 'mle', updates: 100, batchSize: 8, segments: 10, flow: { learningRate: 1e-3 } };
const all = {
  completed: { request: requestOf('completed', withOneBaseline), pretence: onceDiverging },
  'gave-up': { request: requestOf('gave-up', withContrast({ recovery: { maxRollbacks: 2 } })), pretence: pretend({ trainSegment: async (request) => { throw divergence(request); } }) },
  repaired: { request: requestOf('repaired', withContrast({})), pretence: onceLost },
  images: { request: requestOf('images', ofImages({ pretrain: likelihood, baselines: { control: likelihood } })), pretence: pretend() },
};
const wanted = process.argv.slice(2);
const runs = Object.fromEntries(Object.entries(all).filter(([name]) => wanted.length === 0 || wanted.includes(name)));

const common = { connection: env.nativeConnection, activities: sharedBy(new Map(Object.entries(runs).map(([id, { pretence }]) => [id, pretence]))) };
const training = await Worker.create({ ...common, taskQueue: trainQueue, workflowBundle: await bundleWorkflows() });
const evaluation = await Worker.create({ ...common, taskQueue: evaluateQueue });
await training.runUntil(() => evaluation.runUntil(async () => {
  for (const { request } of Object.values(runs)) {
    await env.client.workflow.execute('reproduce', { taskQueue: trainQueue, workflowId: request.runId, args: [request] }).catch(() => undefined);
  }
}));
mkdirSync(folder, { recursive: true });
for (const id of Object.keys(runs).flatMap((run) => [run, `${run}/contrast`])) {
  const history = historyToJSON(await env.client.workflow.getHandle(id).fetchHistory());
  writeFileSync(new URL(`${id.replace('/', '-')}.json`, folder), `${JSON.stringify(JSON.parse(history), withoutThisMachine)}\n`);
}
await env.teardown();

/** Process and host names, and paths in stack traces, are nobody's business and change nothing. */
function withoutThisMachine(key: string, value: unknown): unknown {
  if (key === 'identity' || (key === 'name' && /^\d+@/.test(String(value)))) return 'worker';
  return key === 'stackTrace' ? '' : value;
}
