/** Why a workflow ended without a result, as a sentence and an exit code. */
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { failures } from '../../../activities/contracts/failures.ts';
import type { RunStatusName } from '../../../activities/contracts/names.ts';
import type { GaveUpDetails } from '../../../activities/contracts/training.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes, type ExitCode } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';

const codes: Readonly<Record<string, ExitCode>> = {
  [failures.gaveUp]: exitCodes.diverged,
  [failures.divergence]: exitCodes.diverged,
  [failures.badInput]: exitCodes.badInput,
  [failures.missingData]: exitCodes.badInput,
  [failures.storageFull]: exitCodes.environment,
  [failures.storageRefused]: exitCodes.environment,
  [failures.missingPart]: exitCodes.environment,
  [failures.outOfMemory]: exitCodes.environment,
};

const names = { run: { title: 'Run', command: '' }, sweep: { title: 'Sweep', command: 'sweep ' } } as const;

/** Errors that are no end of a workflow are returned as they are. */
export function explainEnd(id: string, error: unknown, kind: keyof typeof names = 'run'): unknown {
  const { title, command } = names[kind];
  if (error instanceof WorkflowNotFoundError)
    return new CounterflowError(
      exitCodes.failed,
      `The Temporal server has forgotten ${kind} ${id}; \`${invocation} ${command}resume ${id}\` goes on `
        + 'from its artifacts.',
    );
  if (!(error instanceof WorkflowFailedError)) return error;
  const causes = chain(error);
  if (causes.some((cause) => cause instanceof CancelledFailure))
    return new CounterflowError(exitCodes.cancelled, `${title} ${id} was cancelled.`);
  if (causes.some((cause) => cause instanceof TerminatedFailure))
    return new CounterflowError(exitCodes.failed, `${title} ${id} was terminated on the Temporal server.`);
  const failure = causes.findLast((cause) => cause instanceof ApplicationFailure);
  const code = codes[failure?.type ?? ''] ?? exitCodes.failed;
  // what a process said at its end is in the record
  const [sentence] = (failure ?? causes.at(-1))!.message.split('\n');
  const reason = sentence!.replace(/\.?$/, '.');
  // a trial of a sweep has its settings from there
  const goOn =
    failure?.type === failures.gaveUp && command === '' && !isOfAnother(failure)
      ? ` \`${invocation} resume ${id} --set PATH=VALUE\` goes on with other settings.`
      : '';
  return new CounterflowError(
    code,
    `${title} ${id} failed: ${reason}${goOn} \`${invocation} ${command}show ${id}\` has its record.`,
  );
}

/** Other settings of the training that gave up would not help: the flow it began with is lost. */
function isOfAnother({ details }: ApplicationFailure): boolean {
  const [reached] = (details as [GaveUpDetails] | undefined) ?? [];
  return reached?.decisions?.at(-1)?.details['rule'] === 'lost-flow';
}

/** That a run's own command ended with. */
export function exitCodeOf({
  status,
  failureType,
}: {
  readonly status: RunStatusName;
  readonly failureType?: string | null;
}): ExitCode {
  if (status === 'completed') return exitCodes.ok;
  return status === 'cancelled' ? exitCodes.cancelled : (codes[failureType ?? ''] ?? exitCodes.failed);
}

function chain(error: Error): Error[] {
  return [error, ...(error.cause instanceof Error ? chain(error.cause) : [])];
}
