/** Saves histories of pretend runs to test/golden/histories, for `saved-histories.test.ts` to replay.
 *  Run it after a change of the workflows that may break running ones, on purpose, or for a run that is new here:
 *  node --import tsx test/workflows/save-histories.ts [NAME...] */
import { mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createPretendWorkers, whileWorking } from '../support/pretend-workers.ts';
import { historiesFolder } from '../support/saved-histories.ts';
import { bundleWorkflows, startTemporal } from '../support/temporal.ts';
import { sharedBy } from './fake-run.ts';
import { stories, tellStory } from './stories.ts';

const env = await startTemporal();
const wanted = process.argv.slice(2);
const told = Object.entries(stories()).filter(([name]) => wanted.length === 0 || wanted.includes(name));

const activities = sharedBy(new Map(told.map(([id, { pretence }]) => [id, pretence])));
const workers = await createPretendWorkers({ connection: env.nativeConnection, activities, workflowBundle: await bundleWorkflows() });
const ids: string[] = [];
await whileWorking(workers, async () => {
  for (const [, story] of told) ids.push(...await tellStory(env.client, story));
});
mkdirSync(historiesFolder, { recursive: true });
for (const id of ids) {
  const history = historyToJSON(await env.client.workflow.getHandle(id).fetchHistory());
  writeFileSync(new URL(`${id.replace('/', '-')}.json`, historiesFolder), `${JSON.stringify(JSON.parse(history), withoutThisMachine)}\n`);
}
await env.teardown();

/** Process and host names, and paths in stack traces, are nobody's business and change nothing. */
function withoutThisMachine(key: string, value: unknown): unknown {
  if (key === 'identity' || (key === 'name' && /^\d+@/.test(String(value)))) return 'worker';
  return key === 'stackTrace' ? '' : value;
}
