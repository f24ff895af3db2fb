import type { ScheduleClient } from '@temporalio/client';
import { viewOf, type ScheduleView } from './schedule-view.ts';

/** Those of Counterflow on a server, by name. */
export async function listSchedules(schedules: ScheduleClient): Promise<ScheduleView[]> {
  const views: ScheduleView[] = [];
  for await (const summary of schedules.list())
    views.push(...[viewOf(summary)].filter((view) => view !== null));
  return views.sort((a, b) => a.name.localeCompare(b.name));
}
