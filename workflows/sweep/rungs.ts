/** Which trial of a sweep goes on next, and how far: one rung of one trial at a time. Plain data in, plain
 *  data out. */
import type {
  Halving,
  TrialRung,
  Objective,
  Settled,
  SettledJobs,
  Sweep,
} from '../../activities/sweep/contracts.ts';

/** What of a sweep decides about the order of its jobs. */
export interface SweepPlan {
  readonly trials: number;
  readonly concurrent: number;
  readonly goal: Objective['goal'];
  /** `rungs`: the whole training included. */
  readonly halving: (Pick<Halving, 'kind' | 'keep'> & { readonly rungs: number }) | null;
  /** Of a sampler that learns: the trials of a window wait for all before it, as `knownTo` in
   *  models/search/sampler.ts has it. */
  readonly learning: { readonly startup: number; readonly window: number } | null;
  /** Seeds are swept: what is best is a configuration, which the record tells; left out where not, and by
   *  earlier versions. */
  readonly overSeeds?: true;
}

export function sweepPlan({
  trials,
  concurrent,
  objective: { goal },
  halving,
  sampler,
  parameters,
}: Sweep): SweepPlan {
  return {
    trials,
    concurrent,
    goal,
    halving: halving && { kind: halving.kind, keep: halving.keep, rungs: halving.rungs.length + 1 },
    learning: sampler.kind === 'tpe' ? { startup: sampler.startup, window: sampler.window } : null,
    ...(halving === null && Object.hasOwn(parameters, 'seed') && { overSeeds: true }),
  };
}

/** `wait`: for a job under way. */
export type Next = TrialRung | 'wait' | 'end';

export const jobName = ({ trial, rung }: TrialRung): string => `${trial}/${rung}`;
export const settledAt = (settled: SettledJobs, { trial, rung }: TrialRung): Settled | undefined =>
  settled[trial]?.[rung];

export function nextJob(plan: SweepPlan, settled: SettledJobs, running: ReadonlySet<string>): Next {
  return plan.halving?.kind === 'asynchronous'
    ? nextAsynchronous(plan, plan.halving, settled, running)
    : nextSynchronous(plan, settled, running);
}

/** A rung is done with before the next begins: its trials are the best of the whole rung below. */
function nextSynchronous(plan: SweepPlan, settled: SettledJobs, running: ReadonlySet<string>): Next {
  let trials = numbersTo(plan.trials);
  for (let rung = 0; rung < rungsOf(plan); rung += 1) {
    const open = trials.filter((trial) => settledAt(settled, { trial, rung }) === undefined);
    const next = open.find(
      (trial) => !running.has(jobName({ trial, rung })) && (rung > 0 || mayBegin(plan, settled, trial)),
    );
    if (next !== undefined) return { trial: next, rung };
    if (open.length > 0) return 'wait';
    trials = bestTrials(plan, settled, rung, trials).slice(
      0,
      Math.max(1, share(plan.halving?.keep ?? 1, trials.length)),
    );
  }
  return 'end';
}

/** ASHA: whoever is among the best of a rung so far goes on, from the top down; else another trial begins.
 *  Where nothing else is left to do, the best of a rung goes on though it is but one of few. Source: Li et
 *  al. 2020, algorithm 2 */
function nextAsynchronous(
  plan: SweepPlan,
  { keep, rungs }: NonNullable<SweepPlan['halving']>,
  settled: SettledJobs,
  running: ReadonlySet<string>,
): Next {
  const begun = (job: TrialRung): boolean =>
    settledAt(settled, job) !== undefined || running.has(jobName(job));
  const fresh = numbersTo(plan.trials).find((trial) => !begun({ trial, rung: 0 }));
  const least = fresh === undefined && running.size === 0 ? 1 : 0;
  for (let rung = rungs - 2; rung >= 0; rung -= 1) {
    const ended = numbersTo(plan.trials).filter((trial) => settledAt(settled, { trial, rung }) !== undefined);
    const best = bestTrials(plan, settled, rung, ended).slice(0, Math.max(least, share(keep, ended.length)));
    const next = best.find((trial) => !begun({ trial, rung: rung + 1 }));
    if (next !== undefined) return { trial: next, rung: rung + 1 };
  }
  if (fresh !== undefined && mayBegin(plan, settled, fresh)) return { trial: fresh, rung: 0 };
  return running.size > 0 ? 'wait' : 'end';
}

/** Those that have a result at a rung, the best first; of equals the earlier. */
export function bestTrials(
  { goal }: Pick<SweepPlan, 'goal'>,
  settled: SettledJobs,
  rung: number,
  trials: readonly number[],
): number[] {
  const value = (trial: number): number =>
    settledAt(settled, { trial, rung })! * (goal === 'minimise' ? 1 : -1);
  return trials
    .filter((trial) => typeof settledAt(settled, { trial, rung }) === 'number')
    .sort((a, b) => value(a) - value(b) || a - b);
}

export const rungsOf = ({ halving }: SweepPlan): number => halving?.rungs ?? 1;

/** Whether all that a trial's values depend on is known. */
function mayBegin({ learning }: SweepPlan, settled: SettledJobs, trial: number): boolean {
  return numbersTo(waitsFor(learning, trial)).every(
    (earlier) => settledAt(settled, { trial: earlier, rung: 0 }) !== undefined,
  );
}

export function waitsFor(learning: SweepPlan['learning'], trial: number): number {
  const window = learning === null ? 0 : trial - (trial % learning.window);
  return window < (learning?.startup ?? 0) ? 0 : window;
}

/** A third of 30 is 10, whatever the product is in floating point. */
const share = (keep: number, count: number): number => Math.floor(keep * count + 1e-9);

const numbersTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
