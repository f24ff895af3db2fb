/** Waits for a run's end, through any absence of the server. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import { abortableCalls } from '../../temporal/abortable-calls.ts';

const askEveryMs = 1000;
const answerWithinMs = 3000;
/** gRPC's DEADLINE_EXCEEDED and UNAVAILABLE. */
const codesOfAbsence = [4, 14];

/** Resolves and rejects as the workflow does; rejects with the signal's reason when it is aborted. */
export async function awaitEnd(
  client: Client,
  runId: string,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const handle = client.workflow.getHandle(runId);
  for (;;) {
    try {
      return await abortableCalls(client, signal, () => handle.result());
    } catch (error) {
      signal.throwIfAborted();
      if (!isAbsence(error)) throw error;
    }
    say('The Temporal server does not answer; waiting for it.');
    while (await isAbsent(client, runId))
      await sleep(askEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    say('The Temporal server answers again.');
  }
}

async function isAbsent(client: Client, runId: string): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + answerWithinMs, () => client.workflow.getHandle(runId).describe());
    return false;
  } catch (error) {
    // what else may be wrong, the next wait for the result says
    return isAbsence(error);
  }
}

function isAbsence(error: unknown): boolean {
  if (isGrpcServiceError(error)) return codesOfAbsence.includes(error.code);
  return error instanceof Error && error.cause !== undefined && isAbsence(error.cause);
}
