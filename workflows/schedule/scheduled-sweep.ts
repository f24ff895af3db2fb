/** One firing of a schedule of sweeps: a sweep of its own, named by the schedule and the time it was due. */
import { executeChild, ParentClosePolicy, patched } from '@temporalio/workflow';
import type { StoredServer } from '../../activities/contracts/run.ts';
import type { Sweep } from '../../activities/sweep/contracts.ts';
import { foundSentence, untilFree } from './firing.ts';
import { openSweepFiring, recordSweepRequest } from '../shared/proxies.ts';
import { dueTime, dueText, secondsOf } from './scheduled-run.ts';
import { sweepStart } from '../sweep/sweep-start.ts';
import { sweep, type SweepOutcome } from '../sweep/sweep.ts';

export interface ScheduledSweepRequest extends StoredServer {
  /** `id` is the schedule's name, with which the ids of its sweeps begin; `startedAt` of the base is each
   *  sweep's own. */
  readonly sweep: Sweep;
  /** Sampler and runs have the time it was due, in seconds since 1970, as their seed: the same trials again
   *  and again would only be found, not computed. */
  readonly newSeeds: boolean;
}

export interface SweepFiringOutcome extends SweepOutcome {
  /** That its sweep was there already, completed; left out where this firing made it. */
  readonly found?: string;
}

/** Its end is its sweep's end, so that overlap policy and pause on failure are the sweep's. A sweep of that
 *  id that was completed stays as it is. */
export async function scheduledSweep({
  sweep: asked,
  newSeeds,
  ...server
}: ScheduledSweepRequest): Promise<SweepFiringOutcome> {
  const one = sweepDueAt(dueTime(), asked, newSeeds);
  if (patched('firings-find'))
    return untilFree(
      one.id,
      () => openSweepFiring({ sweep: one, ...server }),
      ({ sweep: open, best, failed }) =>
        open === null
          ? { sweepId: one.id, best: best!, failed, found: foundSentence(one.id) }
          : started(open),
    );
  // one that was begun by an earlier version, which did not look
  await recordSweepRequest({ sweep: one, ...server });
  return started(one);
}

const started = (one: Sweep): Promise<SweepOutcome> =>
  executeChild(sweep, { ...sweepStart(one, false), parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL });

/** `<schedule>-<yyyymmdd-hhmmss>` in UTC: what is due at one time is one sweep, however often it is asked
 *  for. */
export function sweepDueAt(due: Date, asked: Sweep, newSeeds: boolean): Sweep {
  const id = `${asked.id}-${dueText(due)}`;
  const base = { ...asked.base, runId: id, startedAt: new Date(Date.now()).toISOString() };
  if (!newSeeds) return { ...asked, id, base };
  const seed = secondsOf(due);
  return {
    ...asked,
    id,
    seed,
    base: { ...base, config: { ...base.config, seed }, command: `${base.command} --set seed=${seed}` },
    command: `${asked.command} --seed ${seed} --set seed=${seed}`,
  };
}
