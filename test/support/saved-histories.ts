/** Histories saved earlier, and their replay on today's workflows: whole, and as a worker without a cache
 *  meets them. */
import { readdirSync, readFileSync } from 'node:fs';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

export interface SavedHistory {
  events: Record<string, unknown>[];
}

export const historiesFolder = new URL('../golden/histories/', import.meta.url);
export const savedHistories: readonly string[] = readdirSync(historiesFolder).filter((name) =>
  name.endsWith('.json'),
);
export const loadHistory = (file: string): SavedHistory =>
  JSON.parse(readFileSync(new URL(file, historiesFolder), 'utf8')) as SavedHistory;

/** Throws DeterminismViolationError where today's workflows take another course. The workflow stays in the
 *  SDK's cache from its first task to its last. */
export const replay = (workflowBundle: WorkflowBundleWithSourceMap, history: SavedHistory): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle }, history);

/** What a worker without a cache is handed, task after task: everything up to the start of that task, to be
 *  gone through from the beginning. The SDK's replay holds one workflow in its cache whatever it is told, so
 *  each of these is a replay of its own. */
export function historiesByTask({ events }: SavedHistory): SavedHistory[] {
  return events.flatMap((event, i) =>
    'workflowTaskStartedEventAttributes' in event ? [{ events: events.slice(0, i + 1) }] : [],
  );
}

/** Resolves to the number of workflow tasks. Throws as `replay`. */
export async function replayByTask(
  workflowBundle: WorkflowBundleWithSourceMap,
  history: SavedHistory,
): Promise<number> {
  const tasks = historiesByTask(history).map((told, i) => ({ history: told, workflowId: `task-${i}` }));
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, tasks)) {
    if (error) throw error;
  }
  return tasks.length;
}

const commands = [
  'activityTaskScheduledEventAttributes',
  'startChildWorkflowExecutionInitiatedEventAttributes',
  'signalExternalWorkflowExecutionInitiatedEventAttributes',
];

/** The first two commands that differ change places; ids of events stay where they are. */
export function inAnotherOrder({ events }: SavedHistory): SavedHistory {
  const kinds = events.map(
    (event) =>
      commands
        .filter((name) => name in event)
        .map((name) => JSON.stringify([name, (event[name] as { activityType?: unknown }).activityType]))[0],
  );
  const first = kinds.findIndex((kind) => kind !== undefined);
  const other = kinds.findIndex((kind) => kind !== undefined && kind !== kinds[first]);
  const inPlaceOf = (place: number, from: number): Record<string, unknown> => ({
    ...events[from],
    eventId: events[place]!['eventId'],
  });
  return {
    events: events.map((event, i) =>
      i === first ? inPlaceOf(first, other) : i === other ? inPlaceOf(other, first) : event,
    ),
  };
}
