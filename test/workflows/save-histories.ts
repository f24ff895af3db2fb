/** Saves histories of pretend runs to test/golden/histories, for `saved-histories.test.ts` to replay. Run it
 *  after a change of the workflows that may break running ones, on purpose, or for a run that is new here:
 *  node --import tsx test/workflows/save-histories.ts [--address HOST:PORT] [NAME...] With --address they are
 *  those of another server, and carry its version in their names. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createPretendWorkers, whileWorking } from '../support/pretend-workers.ts';
import { historiesFolder } from '../support/saved-histories.ts';
import { bundleWorkflows, connectTemporal, startTemporal } from '../support/temporal.ts';
import { sharedBy } from './fake-run.ts';
import { stories, tellStory } from './stories.ts';

const {
  values: { address },
  positionals: wanted,
} = parseArgs({ options: { address: { type: 'string' } }, allowPositionals: true });
const env = await (address === undefined ? startTemporal() : connectTemporal(address));
const suffix =
  address === undefined
    ? ''
    : `.server-${(await env.client.workflowService.getSystemInfo({})).serverVersion}`;
const told = Object.entries(stories()).filter(([name]) => wanted.length === 0 || wanted.includes(name));

const activities = sharedBy(new Map(told.map(([id, { pretence }]) => [id, pretence])));
const workers = await createPretendWorkers({
  connection: env.nativeConnection,
  activities,
  workflowBundle: await bundleWorkflows(),
});
const ids: string[] = [];
await whileWorking(workers, async () => {
  for (const [, story] of told) ids.push(...(await tellStory(env.client, story)));
});
mkdirSync(historiesFolder, { recursive: true });
for (const id of ids) {
  const history = historyToJSON(await env.client.workflow.getHandle(id).fetchHistory());
  writeFileSync(
    new URL(`${id.replace('/', '-')}${suffix}.json`, historiesFolder),
    `${JSON.stringify(JSON.parse(history), withoutThisMachine)}\n`,
  );
}
await env.teardown();

/** Process and host names, and paths in stack traces, are nobody's business and change nothing. */
function withoutThisMachine(key: string, value: unknown): unknown {
  if (key === 'identity' || (key === 'name' && /^\d+@/.test(String(value)))) return 'worker';
  return key === 'stackTrace' ? '' : value;
}
