/** How a run's story is told: stages are timed and recorded, and however it ends, the record says so. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
} from '@temporalio/workflow';
import type { StageName } from '../../activities/contracts/names.ts';
import type { RunSnapshot } from '../../activities/contracts/run.ts';
import { workflowNow, type RunState } from '../shared/run-state.ts';

export interface Teller {
  /** A stage of the main line. */
  stage<T>(name: StageName, work: () => Promise<T>): Promise<T>;
  /** A stage that goes on beside the main line; await its end before using what it made. */
  beside(name: StageName, work: () => Promise<void>): Promise<void>;
}

export async function tell(state: RunState, story: (teller: Teller) => Promise<void>): Promise<void> {
  const scope = new CancellationScope();
  const besides: Promise<unknown>[] = [];
  try {
    await scope.run(() => story(tellerOf(state, besides)));
    await answered();
    state.note({ status: 'completed', finishedAt: workflowNow() });
    await state.record();
  } catch (error) {
    scope.cancel();
    await CancellationScope.nonCancellable(async () => {
      await Promise.all(besides);
      await answered();
      state.note({ finishedAt: workflowNow(), ...endOf(error) });
      // Best effort: a record that cannot be written must not hide what ended the run.
      await state.recordAtOnce().catch(() => undefined);
    });
    throw endingFailure(error, state.snapshot());
  }
}

/** Who has told the run something is answered before it ends. */
const answered = async (): Promise<void> =>
  void (allHandlersFinished() || (await condition(allHandlersFinished)));

function tellerOf(state: RunState, besides: Promise<unknown>[]): Teller {
  const timed = async <T>(name: StageName, mainLine: boolean, work: () => Promise<T>): Promise<T> => {
    state.began(name, mainLine);
    await state.record();
    try {
      return await work();
    } finally {
      state.ended(name);
    }
  };
  return {
    stage: (name, work) => timed(name, true, work),
    beside: (name, work) => {
      const end = timed(name, false, work);
      besides.push(end.catch(() => undefined)); // it may fail before anyone awaits it
      return end;
    },
  };
}

function endOf(error: unknown): Pick<RunSnapshot, 'status' | 'failure'> {
  if (isCancellation(error)) return { status: 'cancelled', failure: null };
  const cause = deepest(error);
  if (cause instanceof ApplicationFailure)
    return { status: 'failed', failure: { type: cause.type ?? 'Error', message: cause.message } };
  return {
    status: 'failed',
    failure:
      cause instanceof Error
        ? { type: cause.name, message: cause.message }
        : { type: 'Error', message: String(cause) },
  };
}

function deepest(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? deepest(error.cause) : error;
}

/** A cancellation stays one; anything else ends the run for good, under its own name and with the decisions
 *  that led there. */
function endingFailure(error: unknown, { failure, decisions }: RunSnapshot): unknown {
  if (failure === null) return error;
  return ApplicationFailure.create({ ...failure, nonRetryable: true, details: [{ decisions }] });
}
