/** A sweep: many runs of one experiment, so many at once, and where it halves, the best of them further. Each
 *  run is a child workflow. */
import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { TrialRung, SettledJobs } from '../../activities/sweep/contracts.ts';
import { openSweep, recordSweepEnd } from '../shared/proxies.ts';
import { trialRunner } from './run-trial.ts';
import { jobName, nextJob, type SweepPlan } from './rungs.ts';
import type { BestSoFar } from '../shared/status.ts';
import { openSweepState, type SweepState } from './sweep-state.ts';

export interface SweepRequest {
  readonly sweepId: string;
  readonly plan: SweepPlan;
  /** Dotted name of the result that trials are judged by. */
  readonly metric: string;
  /** Trials that failed before are done again. */
  readonly failedAgain: boolean;
  /** What is known, of an execution that goes on; left out at the start. */
  readonly settled?: SettledJobs;
}

export interface SweepOutcome {
  readonly sweepId: string;
  readonly best: BestSoFar;
  readonly failed: number;
}

/** Fails where no trial has a result. One that failed is a result too: the record says so, the sweep goes
 *  on. */
export async function sweep(request: SweepRequest): Promise<SweepOutcome> {
  const { sweepId, failedAgain } = request;
  const state = openSweepState(request);
  const isOver = await recordingEnd(sweepId, async () => {
    state.begin(request.settled ?? (await openSweep({ sweepId, failedAgain })));
    const over = await runJobs(request, state);
    if (over && !state.hasResult())
      throw ApplicationFailure.create({
        type: 'NoResult',
        message: `None of the ${request.plan.trials} trials has a result.`,
        nonRetryable: true,
      });
    return over;
  });
  // What is recorded settles what is begun again: nothing is under way now.
  if (!isOver) await continueAsNew<typeof sweep>({ ...request, settled: state.settled() });
  state.standing(await recordSweepEnd({ sweepId, status: 'completed', failure: null }));
  const { best, failed } = state.status();
  return { sweepId, best: best!, failed };
}

/** Keeps so many trials going. Resolves, when none is under way, to whether all is done; else the history has
 *  become long. */
async function runJobs({ sweepId, metric, plan }: SweepRequest, state: SweepState): Promise<boolean> {
  const runTrial = trialRunner(sweepId, metric, state);
  const running = new Map<string, Promise<void>>();
  const begin = (job: TrialRung): void => {
    const name = jobName(job);
    running.set(
      name,
      runTrial(job).finally(() => running.delete(name)),
    );
  };
  const work = async (): Promise<boolean> => {
    for (;;) {
      const isLong = workflowInfo().continueAsNewSuggested;
      const next =
        isLong || running.size >= plan.concurrent
          ? 'wait'
          : nextJob(plan, state.settled(), new Set(running.keys()));
      if (next === 'end') return true;
      if (next !== 'wait') begin(next);
      else if (running.size > 0) await Promise.race(running.values());
      else return false;
    }
  };
  const scope = new CancellationScope();
  try {
    return await scope.run(work);
  } catch (error) {
    scope.cancel();
    await CancellationScope.nonCancellable(() => Promise.allSettled(running.values()));
    throw error;
  }
}

/** However it ends, the record says so. */
async function recordingEnd<T>(sweepId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cancelled = isCancellation(error);
    // Best effort: a record that cannot be written must not hide what ended the sweep.
    await CancellationScope.nonCancellable(() =>
      recordSweepEnd({
        sweepId,
        status: cancelled ? 'cancelled' : 'failed',
        failure: cancelled ? null : reasonOf(error),
      }).catch(() => undefined),
    );
    throw cancelled
      ? error
      : ApplicationFailure.create({ type: 'SweepFailed', message: reasonOf(error), nonRetryable: true });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : reasonOf(error.cause);
}
