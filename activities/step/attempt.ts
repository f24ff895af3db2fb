/** The attempt that an activity's context stands for, and its server's word on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import type { Attempt } from '../ports/progress.ts';

const answerWithinMs = 10_000;
const askAgainAfterMs = 1000;

export function attemptIn(context: Context, signal: AbortSignal): Attempt {
  const { workflowExecution, activityType, attempt } = context.info;
  return {
    workflowId: workflowExecution?.workflowId ?? '',
    activity: activityType,
    ...(attempt > 1 && { failedBefore: attempt - 1 }),
    isAwaited: () => isAwaited(context, signal),
  };
}

/** A server that does not answer is asked again until the signal: only its word tells an attempt from one
 *  that was given up. */
async function isAwaited(context: Context, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const answer = await ask(context);
    if (answer !== null) return answer;
    await sleep(askAgainAfterMs, undefined, { signal });
  }
}

/** A heartbeat that waits for its answer; null: there was none. */
async function ask(context: Context): Promise<boolean | null> {
  const client = clientOf(context);
  try {
    await client?.withDeadline(Date.now() + answerWithinMs, () =>
      client.activity.heartbeat(context.info.taskToken, null),
    );
    return true;
  } catch (error) {
    const { name } = error as Error;
    // any other answer (cancelled, paused, reset) reaches the attempt by its signal
    return name === 'ActivityNotFoundError' ? false : name === 'ActivityCompletionError' ? null : true;
  }
}

/** null: no worker runs the activity, and no server knows of it. */
function clientOf(context: Context): Context['client'] | null {
  try {
    return context.client;
  } catch {
    return null;
  }
}
