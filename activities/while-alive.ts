/** The pulse of an activity: heartbeats go out while its job advances, and only then. */
import { Context } from '@temporalio/activity';
import { attemptIn } from './attempt-in.ts';
import type { Waited } from './contracts.ts';
import { ComputeCrashedError, type Attempt, type Progress, type Pulse } from './ports.ts';
import { patience } from './wait-for-room.ts';
import { Waits } from './waits.ts';

/** A worker has to pass heartbeats on at least this often (`maxHeartbeatThrottleInterval`): a cancellation comes back with their answers. */
export const heartbeatEveryMs = 1000;
/** The longest silence between two signs of progress: loading TensorFlow from a cold disk, or the first run of a large graph. */
const patienceMs = 180_000;

export interface Life extends Pulse {
  /** Of the activity on the server, 1 to 5: a smaller one goes first. Left out: it has none. */
  readonly priority?: number | undefined;
  readonly attempt: Attempt;
  /** For room on a disk, so far. */
  readonly waited: readonly Waited[];
}

/** A disk is looked after within a day. */
export const defaultLimits = { everyMs: heartbeatEveryMs, patienceMs, roomWithinMs: 24 * 3600 * 1000 };

/** Runs `work` with a pulse; the details of a heartbeat are the last progress. Throws ComputeCrashedError after too long a silence,
 *  CancelledFailure when the activity is cancelled. */
export async function whileAlive<T>(work: (life: Life) => Promise<T>, given: Partial<typeof defaultLimits> = {}): Promise<T> {
  const limits = { ...defaultLimits, ...given };
  const context = Context.current();
  const hung = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, hung.signal]);
  let latest: Progress | null = null;
  let advancedAt = performance.now();
  const waits = new Waits((sentence) => context.log.warn(sentence, { say: true }));
  const onProgress = (progress: Progress): void => {
    waits.see(progress);
    if (advances(latest, progress)) advancedAt = performance.now();
    latest = progress;
  };
  const beat = (): void => {
    const silentMs = performance.now() - advancedAt;
    if (silentMs <= limits.patienceMs) context.heartbeat(latest);
    else hung.abort(new ComputeCrashedError(`Expected progress within ${limits.patienceMs / 1000} s, got none after: ${describe(latest)}.`, null, null, ''));
  };
  const timer = setInterval(beat, limits.everyMs);
  try {
    const life: Life = { signal, onProgress, priority: context.info.priority?.priorityKey, attempt: attemptIn(context, signal), waited: waits.over };
    return await patience.run({ signal, onProgress, roomWithinMs: limits.roomWithinMs }, () => work(life));
  } catch (error) {
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function advances(before: Progress | null, { phase, done, training }: Progress): boolean {
  return before === null || before.phase !== phase || before.training !== training || done > before.done;
}

const describe = (progress: Progress | null): string => (progress === null ? 'the start' : `${progress.phase} ${progress.done} of ${progress.total}`);
