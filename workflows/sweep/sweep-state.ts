/** What a sweep knows of itself: which jobs have ended how, and which are under way. Answers the status
 *  query. */
import { setHandler } from '@temporalio/workflow';
import type { TrialRung, Settled, SettledJobs, SweepStanding } from '../../activities/sweep/contracts.ts';
import { bestTrials, jobName, rungsOf, settledAt, type SweepPlan } from './rungs.ts';
import { sweepStatusQuery, type SweepStatus } from '../shared/status.ts';

export interface SweepState {
  begin(settled: SettledJobs): void;
  settled(): SettledJobs;
  began(job: TrialRung, runId: string): void;
  ended(job: TrialRung, settled: Settled): void;
  /** What the record called best before this execution; what it has called best since is newer. */
  stood(before: SweepStanding | undefined): void;
  /** What the record calls best. */
  standing(latest: SweepStanding | undefined): void;
  hasResult(): boolean;
  status(): SweepStatus;
}

export function openSweepState({ plan }: { readonly plan: SweepPlan }): SweepState {
  let jobs: (Settled | undefined)[][] = [];
  const running = new Map<string, TrialRung & { readonly runId: string }>();
  let recorded: SweepStanding['best'] = null;
  const status = (): SweepStatus => {
    const known = statusOf(
      plan,
      jobs,
      [...running.values()].sort((a, b) => a.trial - b.trial),
    );
    // of single seeds the best would be the luckiest
    return plan.overSeeds ? { ...known, best: recorded } : known;
  };
  setHandler(sweepStatusQuery, status);
  return {
    status,
    // Payloads are JSON, which has null for what is left out: only numbers and failures are kept.
    begin: (settled) => {
      jobs = settled.map((rungs) => [...rungs]);
    },
    settled: () => jobs,
    stood: (before) => {
      recorded ??= before?.best ?? null;
    },
    standing: (latest) => {
      recorded = latest?.best ?? recorded;
    },
    hasResult: () => jobs.some((rungs) => rungs.some((settled) => typeof settled === 'number')),
    began: (job, runId) => void running.set(jobName(job), { ...job, runId }),
    ended: (job, settled) => {
      running.delete(jobName(job));
      for (let trial = jobs.length; trial <= job.trial; trial += 1) jobs.push([]);
      jobs[job.trial]![job.rung] = settled;
    },
  };
}

function statusOf(plan: SweepPlan, jobs: SettledJobs, running: SweepStatus['running']): SweepStatus {
  const trials = Array.from({ length: plan.trials }, (_, i) => i);
  const rungs = Array.from(
    { length: rungsOf(plan) },
    (_, rung) => trials.filter((trial) => settledAt(jobs, { trial, rung }) !== undefined).length,
  );
  const top = rungs.findLastIndex((_, rung) => bestTrials(plan, jobs, rung, trials).length > 0);
  const best = top === -1 ? undefined : bestTrials(plan, jobs, top, trials)[0];
  return {
    trials: plan.trials,
    rungs,
    running,
    failed: trials.filter((trial) => jobs[trial]?.includes(null)).length,
    best:
      best === undefined
        ? null
        : { trial: best, rung: top, value: settledAt(jobs, { trial: best, rung: top })! },
  };
}
