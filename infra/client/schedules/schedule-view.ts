/** A schedule as the server has it, and what is said of it. */
import type { ScheduleDescription, ScheduleExecutionResult, ScheduleSummary } from '@temporalio/client';
import { localTime } from '../../base/format.ts';
import type { ScheduleMemo } from './create-schedule.ts';
import { overlapName } from './overlap.ts';

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
export function viewOf({
  scheduleId,
  memo,
  state,
  info,
}: ScheduleSummary | ScheduleDescription): ScheduleView | null {
  const own = (memo as Partial<ScheduleMemo> | undefined)?.counterflow;
  if (own === undefined) return null;
  return {
    name: scheduleId,
    experiment: own.experiment,
    sweep: own.sweep ?? null,
    times: own.times,
    paused: state.paused,
    note: state.note || null,
    next: info.nextActionTimes.map((time) => time.toISOString()),
    runs: info.recentActions.map((taken) => ({
      due: taken.scheduledAt.toISOString(),
      run: runOf(scheduleId, taken),
    })),
  };
}

/** As `scheduled` and `scheduledSweep` name it: the server adds the time it was due to the schedule's own
 *  name. */
export const runOf = (name: string, { action }: ScheduleExecutionResult): string =>
  dueId(name, action.workflow.workflowId.slice(name.length + 1));

/** `due`: an ISO time. */
export const dueId = (name: string, due: string): string =>
  `${name}-${due.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;

export const whatText = ({ experiment, sweep }: ScheduleView): string =>
  sweep === null ? experiment : `${experiment}, sweep ${sweep}`;

export const nextTime = ({ next }: ScheduleView): string =>
  next[0] === undefined ? 'never' : localTime(next[0]);

export const pausedText = ({ note }: ScheduleView): string => (note === null ? 'paused' : `paused: ${note}`);

/** What `schedule show --json` prints. */
export interface ScheduleDetails extends ScheduleView {
  readonly command: string;
  /** Each run has a seed of its own, the time it was due; null: the schedule is of an earlier version, which
   *  did not say. */
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
    ...view,
    command,
    newSeeds,
    overlap: overlapName(policies.overlap!),
    catchUpSeconds: policies.catchupWindow / 1000,
    pausesOnFailure: pausesOnFailure(description),
    left: state.remainingActions ?? null,
    taken: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
  };
}

/** The server watches nothing that it lets go on beside another, whatever the schedule says. */
export const pausesOnFailure = ({ policies }: ScheduleDescription): boolean =>
  policies.pauseOnFailure && policies.overlap !== 'ALLOW_ALL';
