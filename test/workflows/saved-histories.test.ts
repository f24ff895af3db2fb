/** Runs that were under way when the code changed must be able to go on: histories saved earlier replay on
 *  today's workflows. test/faults/saved-histories.test.ts replays them task by task too, as a worker without
 *  a cache. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { loadHistory, replay, savedHistories } from '../support/saved-histories.ts';
import { bundleWorkflows, quietRuntime } from '../support/temporal.ts';

describe('a saved history', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;
  before(async () => {
    quietRuntime();
    workflowBundle = await bundleWorkflows();
  });

  for (const file of savedHistories) {
    test(`replays: ${file}`, () => replay(workflowBundle, loadHistory(file)));
  }

  test('does not replay when it tells another story', async () => {
    const history = loadHistory('completed-contrast.json');
    const scheduled = history.events.find((event) => 'activityTaskScheduledEventAttributes' in event)!;
    (
      scheduled['activityTaskScheduledEventAttributes'] as { activityType: { name: string } }
    ).activityType.name = 'evaluateImages';
    await assert.rejects(replay(workflowBundle, history), DeterminismViolationError);
  });
});
