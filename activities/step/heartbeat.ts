/** The pulse of an activity: heartbeats go out while its job advances, and only then. */
import { Context } from '@temporalio/activity';
import { attemptIn } from './attempt.ts';
import type { Waited } from '../contracts/artifact.ts';
import { countFailure, type Beat } from './failed-before.ts';
import { ComputeCrashedError } from '../ports/errors.ts';
import type { Attempt, Progress, Heartbeat } from '../ports/progress.ts';
import { patience } from '../disk/wait-for-space.ts';
import { Waits } from '../disk/disk-waits.ts';

/** A worker has to pass heartbeats on at least this often (`maxHeartbeatThrottleInterval`): a cancellation
 *  comes back with their answers. */
export const heartbeatEveryMs = 1000;
/** The longest silence of a process that neither computes nor reads nor writes: it hangs, or waits for a disk
 *  that does not answer. */
const patienceMs = 180_000;
/** The longest time without an advance of one that does: a call of TensorFlow says nothing until it is over.
 *  The longest are a first run and a step of the paper's size, 5 * 10^12 operations at batch 64 and so 8
 *  minutes on a core that makes 10^10 a second; this is four times as long. */
const busyMs = 1_800_000;

export interface ActivityScope extends Heartbeat {
  /** Of the activity on the server, 1 to 5: a smaller one goes first. Left out: it has none. */
  readonly priority?: number | undefined;
  readonly attempt: Attempt;
  /** For room on a disk, so far. */
  readonly waited: readonly Waited[];
}

/** A disk is looked after within a day. */
export const defaultLimits = {
  everyMs: heartbeatEveryMs,
  patienceMs,
  busyMs,
  roomWithinMs: 24 * 3600 * 1000,
};

/** Runs `work` with a pulse; the details of a heartbeat are the last progress, and how often the attempts
 *  before failed. Throws ComputeCrashedError after too long a silence, CancelledFailure when the activity is
 *  cancelled, and the failure of what has failed often enough. */
export async function withHeartbeat<T>(
  work: (scope: ActivityScope) => Promise<T>,
  given: Partial<typeof defaultLimits> = {},
): Promise<T> {
  const limits = { ...defaultLimits, ...given };
  const context = Context.current();
  const hung = new AbortController();
  const signal = AbortSignal.any([context.cancellationSignal, hung.signal]);
  let latest: Progress | null = null;
  let advancedAt = performance.now();
  let busyAt = advancedAt;
  let failed = (context.info.heartbeatDetails as Beat | null | undefined)?.failed ?? null;
  const waits = new Waits((sentence) => context.log.warn(sentence, { say: true }));
  const onProgress = (progress: Progress): void => {
    if (progress.busy) return void (busyAt = performance.now());
    waits.see(progress);
    if (advances(latest, progress)) advancedAt = performance.now();
    latest = progress;
  };
  const details = (): Beat | null =>
    failed === null ? latest : { ...(latest ?? { phase: 'queued', done: 0, total: 0 }), failed };
  const beat = (): void => {
    const stuckMs = performance.now() - advancedAt;
    const silentMs = performance.now() - Math.max(advancedAt, busyAt);
    if (silentMs <= limits.patienceMs && stuckMs <= limits.busyMs) return context.heartbeat(details());
    const [withinMs, whose] =
      silentMs > limits.patienceMs
        ? [limits.patienceMs, '']
        : [limits.busyMs, ' from a process that computes'];
    hung.abort(
      new ComputeCrashedError(
        `Expected progress within ${withinMs / 1000} s${whose}, got none after: ${describe(latest)}.`,
        null,
        null,
        '',
      ),
    );
  };
  const timer = setInterval(beat, limits.everyMs);
  try {
    const scope: ActivityScope = {
      signal,
      onProgress,
      priority: context.info.priority?.priorityKey,
      attempt: attemptIn(context, signal),
      waited: waits.over,
    };
    return await patience.run({ signal, onProgress, roomWithinMs: limits.roomWithinMs }, () => work(scope));
  } catch (error) {
    if (context.cancellationSignal.aborted) await context.cancelled;
    const counted = countFailure(error, latest, failed);
    if (counted === null) throw error;
    failed = counted.failed;
    context.heartbeat(details());
    throw counted.end ?? error;
  } finally {
    clearInterval(timer);
  }
}

function advances(before: Progress | null, { phase, done, training }: Progress): boolean {
  return before === null || before.phase !== phase || before.training !== training || done > before.done;
}

const describe = (progress: Progress | null): string =>
  progress === null ? 'the start' : `${progress.phase} ${progress.done} of ${progress.total}`;
