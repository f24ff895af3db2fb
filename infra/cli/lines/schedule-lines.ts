/** Schedules as people and programs read them. */
import type { ScheduleDescription, ScheduleExecutionResult, ScheduleSummary } from '@temporalio/client';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { localTime } from '../../base/format.ts';
import type { ScheduleMemo } from '../../client/schedules/create-schedule.ts';
import { overlapName } from '../../client/schedules/overlap.ts';
import { intervalText, ownTimeZone } from '../../client/schedules/times.ts';

/** What `schedule list --json` prints of each. */
export interface ScheduleView {
  readonly name: string;
  readonly experiment: string;
  /** Name of the sweep, where it is sweeps that run; null: runs. */
  readonly sweep: string | null;
  readonly times: string;
  readonly paused: boolean;
  readonly note: string | null;
  /** ISO times. */
  readonly next: readonly string[];
  /** `run`: id of a run, or of a sweep. */
  readonly runs: readonly { readonly due: string; readonly run: string }[];
}

/** null: of another program on the same server. */
export function viewOf({ scheduleId, memo, state, info }: ScheduleSummary | ScheduleDescription): ScheduleView | null {
  const own = (memo as Partial<ScheduleMemo> | undefined)?.counterflow;
  if (own === undefined) return null;
  return {
    name: scheduleId, experiment: own.experiment, sweep: own.sweep ?? null, times: own.times, paused: state.paused, note: state.note || null,
    next: info.nextActionTimes.map(time => time.toISOString()),
    runs: info.recentActions.map(taken => ({ due: taken.scheduledAt.toISOString(), run: runOf(scheduleId, taken) })),
  };
}

/** As `scheduled` and `scheduledSweep` name it: the server adds the time it was due to the schedule's own name. */
export const runOf = (name: string, { action }: ScheduleExecutionResult): string => dueId(name, action.workflow.workflowId.slice(name.length + 1));

/** `due`: an ISO time. */
export const dueId = (name: string, due: string): string => `${name}-${due.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;

export function scheduleTable(views: readonly ScheduleView[], colors: Colors): string[] {
  const head = ['schedule', 'experiment', 'times', `next, ${ownTimeZone()}`, 'last run'].map(colors.dim);
  return columns([head, ...views.map(view => [view.name, whatText(view), view.times, nextText(view, colors), view.runs.at(-1)?.run ?? '-'])]);
}

export const whatText = ({ experiment, sweep }: ScheduleView): string => sweep === null ? experiment : `${experiment}, sweep ${sweep}`;

const nextText = (view: ScheduleView, colors: Colors): string => view.paused ? colors.yellow('paused') : nextTime(view);

export const nextTime = ({ next }: ScheduleView): string => next[0] === undefined ? 'never' : localTime(next[0]);

export const pausedText = ({ note }: ScheduleView): string => note === null ? 'paused' : `paused: ${note}`;

/** What `schedule show --json` prints. */
export interface ScheduleDetails extends ScheduleView {
  readonly command: string;
  /** Each run has a seed of its own, the time it was due; null: the schedule is of an earlier version, which did not say. */
  readonly newSeeds: boolean | null;
  readonly overlap: string;
  readonly catchUpSeconds: number;
  readonly pausesOnFailure: boolean;
  readonly left: number | null;
  readonly taken: number;
  readonly skipped: number;
  readonly missed: number;
}

export function detailsOf(description: ScheduleDescription, view: ScheduleView): ScheduleDetails {
  const { memo, policies, state, info } = description;
  const { command, newSeeds = null } = (memo as ScheduleMemo).counterflow;
  return {
    ...view, command, newSeeds,
    overlap: overlapName(policies.overlap!), catchUpSeconds: policies.catchupWindow / 1000, pausesOnFailure: pausesOnFailure(description),
    left: state.remainingActions ?? null, taken: info.numActionsTaken, skipped: info.numActionsSkippedOverlap, missed: info.numActionsMissedCatchupWindow,
  };
}

/** The server watches nothing that it lets go on beside another, whatever the schedule says. */
export const pausesOnFailure = ({ policies }: ScheduleDescription): boolean => policies.pauseOnFailure && policies.overlap !== 'ALLOW_ALL';

/** One that fires no more by itself is not on. */
function stateText(schedule: ScheduleDetails, colors: Colors): string {
  if (schedule.paused) return colors.yellow(pausedText(schedule));
  if (schedule.left === 0) return colors.yellow('used up: it has fired as often as it was to');
  return schedule.next.length === 0 ? colors.yellow('over: it is never due again') : 'on';
}

export function detailLines(schedule: ScheduleDetails, colors: Colors): string[] {
  const { next, runs, left, catchUpSeconds, taken, skipped, missed } = schedule;
  return [colors.bold(schedule.name), ...columns([
    ['experiment', whatText(schedule)], ['command', schedule.command], ['times', schedule.times],
    ['state', stateText(schedule, colors)],
    ['next', next.length === 0 ? 'never' : `${next.slice(0, 3).map(localTime).join(', ')}, ${ownTimeZone()}`],
    ...(schedule.newSeeds === null ? [] : [['seeds', schedule.newSeeds ? 'each its own: the time it was due' : 'always the same: what did not change is found, not computed']]),
    ['overlap', schedule.overlap], ['catch-up', intervalText(1000 * catchUpSeconds)], ['on failure', schedule.pausesOnFailure ? 'pause' : 'go on'],
    ...(left === null ? [] : [['left', String(left)]]),
    ['so far', `${taken} begun, ${skipped} left out for overlap, ${missed} missed for good`],
    ...runs.slice(-5).map(({ due, run }, index) => [index === 0 ? schedule.sweep === null ? 'runs' : 'sweeps' : '', `${run}  due ${localTime(due)}`]),
  ]).map(line => `  ${line}`)];
}
