/** Sends a message to a run and waits until it has taken effect. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateStage,
  type Client,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { CommandAnswer, AddressedCommand } from '../../../workflows/training/commands.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { wireNames } from '../../../workflows/shared/wire-names.ts';

/** A refusal and most answers come sooner; what takes longer waits for a segment's end. */
const answersWithinMs = 1000;

/** `say` is told where the answer takes its time. Throws CounterflowError where the message is refused, or
 *  where there is nobody to take it. */
export async function sendCommand(
  client: Client,
  runId: string,
  telling: AddressedCommand,
  say: (line: string) => void,
): Promise<CommandAnswer> {
  const handle = client.workflow.getHandle(runId);
  try {
    const update = await handle.startUpdate<CommandAnswer, [AddressedCommand]>(wireNames.command, {
      args: [telling],
      waitForStage: WorkflowUpdateStage.ACCEPTED,
    });
    const answer = update.result();
    const waits = await Promise.race([answer.then(() => false), sleep(answersWithinMs, true)]);
    if (waits)
      say(
        telling.message.kind === 'samples'
          ? 'The samples wait for free cores.'
          : 'It takes effect between two segments, or when its training begins.',
      );
    return await answer;
  } catch (error) {
    throw explained(runId, error);
  }
}

function explained(runId: string, error: unknown): unknown {
  if (error instanceof WorkflowNotFoundError)
    return new CounterflowError(
      exitCodes.failed,
      `The server has no open workflow for ${runId}: nothing works on it.`,
    );
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  if (error.cause instanceof CancelledFailure)
    return new CounterflowError(
      exitCodes.cancelled,
      `Run ${runId} was cancelled before the message took effect.`,
    );
  return new CounterflowError(exitCodes.badInput, error.cause?.message ?? error.message);
}
