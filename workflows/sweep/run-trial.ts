/** One rung of one trial of a sweep: a run as a child workflow, and how its end is told. */
import {
  ApplicationFailure,
  CancelledFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  sleep,
} from '@temporalio/workflow';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { TrialRung, OpenedTrial, SweepStanding, TrialNews } from '../../activities/sweep/contracts.ts';
import { openTrial, recordTrial } from '../shared/proxies.ts';
import { sweepPriority } from '../shared/queues.ts';
import { reproduce } from '../run/reproduce.ts';
import { runStartUnlessCompleted } from '../shared/start-options.ts';
import type { SweepState } from './sweep-state.ts';

type Looked = Pick<OpenedTrial, 'underWay'>;
type Outcome = Pick<TrialNews, 'status' | 'value' | 'failure'>;

/** A run that is under way by itself is waited for, in steps that become longer. */
const firstPauseMs = 5000;
const longestPauseMs = 300_000;

export function trialRunner(
  sweepId: string,
  metric: string,
  state: SweepState,
): (job: TrialRung) => Promise<void> {
  /** By run id: trials of the same configuration are one run. */
  const underWay = new Map<string, Promise<Outcome | null>>();
  const runShared = (request: RunRequest, looked: Looked): Promise<Outcome | null> => {
    const outcome =
      underWay.get(request.runId)
      ?? runOnce(request, looked, metric).finally(() => underWay.delete(request.runId));
    underWay.set(request.runId, outcome);
    return outcome;
  };
  const outcomeOf = async (job: TrialRung): Promise<Outcome> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const { runId, request, value, standing, ...looked } = await openTrial({ sweepId, ...job });
      state.stood(standing);
      state.began(job, runId);
      const outcome =
        request === null
          ? { status: 'completed' as const, value, failure: null }
          : await runShared(request, looked);
      if (outcome !== null) return outcome;
      await sleep(pauseMs);
    }
  };
  // One at a time: each is written over the one before.
  let written = Promise.resolve<SweepStanding | undefined>(undefined);
  const record = (news: TrialNews): Promise<SweepStanding | undefined> =>
    (written = written.catch(() => undefined).then(() => recordTrial(news)));

  return async (job) => {
    const startedAt = Date.now();
    const outcome = await outcomeOf(job);
    state.standing(await record({ sweepId, ...job, ...outcome, seconds: (Date.now() - startedAt) / 1000 }));
    state.ended(job, outcome.value);
  };
}

/** Throws where the sweep itself is cancelled. Null: the run is under way already. */
async function runOnce(request: RunRequest, looked: Looked, metric: string): Promise<Outcome | null> {
  try {
    const { results } = await executeChild(reproduce, {
      ...runStartUnlessCompleted(request, looked),
      priority: sweepPriority,
      // Should the sweep end first, its trials stop their compute processes before they go.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
    const value = results[metric];
    return typeof value === 'number'
      ? { status: 'completed', value, failure: null }
      : failed('NoResult', `Expected a result ${metric}, got ${Object.keys(results).join(', ')}.`);
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
    return error instanceof WorkflowExecutionAlreadyStartedError ? null : endOf(error);
  }
}

const failed = (type: string, message: string): Outcome => ({
  status: 'failed',
  value: null,
  failure: { type, message },
});

function endOf(error: unknown): Outcome {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof CancelledFailure)
    return {
      status: 'cancelled',
      value: null,
      failure: { type: 'Cancelled', message: 'Its run was cancelled.' },
    };
  if (cause instanceof ApplicationFailure) return failed(cause.type ?? 'Error', cause.message);
  return cause instanceof Error ? failed(cause.name, cause.message) : failed('Error', String(error));
}
