/** Runs under way meet changed workflows: saved histories are replayed, and runs are made, with the worker's
 *  cache and without. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { faultRow } from '../support/faults/fault-row.ts';
import { createPretendWorkers, whileWorking } from '../support/pretend-workers.ts';
import {
  inAnotherOrder,
  loadHistory,
  replay,
  replayByTask,
  savedHistories,
  type SavedHistory,
} from '../support/saved-histories.ts';
import { bundleWorkflows, noTemporal, startTemporal } from '../support/temporal.ts';
import { sharedBy } from '../workflows/fake-run.ts';
import { stories, tellStory } from '../workflows/stories.ts';

interface Shared {
  readonly env: TestWorkflowEnvironment;
  readonly workflowBundle: WorkflowBundleWithSourceMap;
}

/** One for each history, after one that makes runs. */
const trials = 1 + savedHistories.length;
let env: TestWorkflowEnvironment | null = null;
after(() => env?.teardown());

faultRow<Shared>(import.meta.url, {
  fault:
    "replay of the saved histories of every workflow version, with the worker's cache and without "
    + '(cache size 0)',
  mustHold:
    'all of them replay, whole and from the start at every workflow task; runs on a worker without a '
    + 'cache end as they should; a history with two commands in another order is refused',
  trials: { short: trials, long: trials },
  skip: noTemporal,
  prepare: async () => {
    env = await startTemporal();
    return { env, workflowBundle: await bundleWorkflows() };
  },
  trial: async ({ number, shared }) => {
    const saved = savedHistories[number - 1];
    return {
      counts: await (saved === undefined
        ? runWithoutCache(shared)
        : replayBothWays(shared.workflowBundle, loadHistory(saved))),
    };
  },
});

async function replayBothWays(
  workflowBundle: WorkflowBundleWithSourceMap,
  history: SavedHistory,
): Promise<Record<string, number>> {
  await replay(workflowBundle, history);
  const tasks = await replayByTask(workflowBundle, history);
  await assert.rejects(replay(workflowBundle, inAnotherOrder(history)), DeterminismViolationError);
  return { 'histories replayed': 1, 'workflow tasks replayed from the start': tasks };
}

/** Every workflow task of theirs is replayed from the start by the worker itself; then their own histories
 *  are replayed whole. */
async function runWithoutCache({
  env: { client, nativeConnection },
  workflowBundle,
}: Shared): Promise<Record<string, number>> {
  const told = Object.entries(stories());
  const activities = sharedBy(new Map(told.map(([name, { pretence }]) => [name, pretence])));
  const workers = await createPretendWorkers({
    connection: nativeConnection,
    maxCachedWorkflows: 0,
    activities,
    workflowBundle,
  });
  const ids = await whileWorking(workers, () =>
    Promise.all(told.map(([, story]) => tellStory(client, story))),
  );
  for (const [name, { status }] of told)
    assert.equal((await client.workflow.getHandle(name).describe()).status.name, status, name);
  for (const id of ids.flat())
    await replay(
      workflowBundle,
      JSON.parse(historyToJSON(await client.workflow.getHandle(id).fetchHistory())) as SavedHistory,
    );
  return { 'runs without a cache': told.length };
}
