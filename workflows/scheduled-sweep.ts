/** One firing of a schedule of sweeps: a sweep of its own, named by the schedule and the time it was due. */
import { executeChild, ParentClosePolicy } from '@temporalio/workflow';
import type { StoredServer } from '../activities/contracts.ts';
import type { Sweep } from '../activities/sweep/contracts.ts';
import { recordSweepRequest } from './proxies.ts';
import { dueTime, dueText, secondsOf } from './scheduled.ts';
import { sweepStart } from './start-options.ts';
import { sweep, type SweepOutcome } from './sweep.ts';

export interface ScheduledSweepRequest extends StoredServer {
  /** `id` is the schedule's name, with which the ids of its sweeps begin; `startedAt` of the base is each sweep's own. */
  readonly sweep: Sweep;
  /** Sampler and runs have the time it was due, in seconds since 1970, as their seed: the same trials again and again would only be found, not computed. */
  readonly newSeeds: boolean;
}

/** Its end is its sweep's end, so that overlap policy and pause on failure are the sweep's. */
export async function scheduledSweep({ sweep: asked, newSeeds, ...server }: ScheduledSweepRequest): Promise<SweepOutcome> {
  const one = sweepDueAt(dueTime(), asked, newSeeds);
  await recordSweepRequest({ sweep: one, ...server });
  return executeChild(sweep, { ...sweepStart(one, false), parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL });
}

/** `<schedule>-<yyyymmdd-hhmmss>` in UTC: what is due at one time is one sweep, however often it is asked for. */
export function sweepDueAt(due: Date, asked: Sweep, newSeeds: boolean): Sweep {
  const id = `${asked.id}-${dueText(due)}`;
  const base = { ...asked.base, runId: id, startedAt: new Date(Date.now()).toISOString() };
  if (!newSeeds) return { ...asked, id, base };
  const seed = secondsOf(due);
  return {
    ...asked, id, seed, base: { ...base, config: { ...base.config, seed }, command: `${base.command} --set seed=${seed}` },
    command: `${asked.command} --seed ${seed} --set seed=${seed}`,
  };
}
