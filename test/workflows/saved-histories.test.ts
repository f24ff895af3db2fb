/** Runs that were under way when the code changed must be able to go on: histories saved earlier replay on today's workflows. */
import { readdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { bundleWorkflows, quietRuntime } from '../support/temporal.ts';

const folder = new URL('../golden/histories/', import.meta.url);
const load = (file: string): { events: Record<string, unknown>[] } => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

describe('a saved history', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;
  before(async () => {
    quietRuntime();
    workflowBundle = await bundleWorkflows();
  });

  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    test(`replays: ${file}`, async () => {
      await Worker.runReplayHistory({ workflowBundle }, load(file));
    });
  }

  test('does not replay when it tells another story', async () => {
    const history = load('completed-contrast.json');
    const scheduled = history.events.find((event) => 'activityTaskScheduledEventAttributes' in event)!;
    (scheduled['activityTaskScheduledEventAttributes'] as { activityType: { name: string } }).activityType.name = 'evaluateImages';
    await assert.rejects(Worker.runReplayHistory({ workflowBundle }, history), DeterminismViolationError);
  });
});
