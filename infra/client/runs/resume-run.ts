import type { Client } from '@temporalio/client';
import type { RunRequest, StoredRequest } from '../../../activities/contracts/run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { readRecord, readRequest } from '../records/run-records.ts';
import { startWorkflow } from './start-workflow.ts';
import { withCommandsBefore } from './commands-before.ts';
import { isOpen } from '../server/workflow-state.ts';

/** An open workflow goes on as soon as it has a worker; else a new execution finds the artifacts of the old
 *  one. */
export async function resumeRun(client: Client, request: RunRequest): Promise<string> {
  if (await isOpen(client, request.runId)) return `${request.runId} goes on.`;
  return (await startAnew(client, request))
    ? `${request.runId} starts again from its artifacts.`
    : `${request.runId} goes on.`;
}

/** With what is kept of it: its request, and what its trainings were told. Throws CounterflowError where
 *  that is not there. */
export async function resumeFromArtifacts(client: Client, out: string, runId: string): Promise<void> {
  const stored = await storedRequest(out, runId);
  await startAnew(client, {
    ...stored.request,
    ...withCommandsBefore(await readRecord(out, runId), stored.request),
  });
}

/** Throws CounterflowError where it is not there. */
export async function storedRequest(out: string, runId: string): Promise<StoredRequest> {
  const stored = await readRequest(out, runId);
  if (stored !== null) return stored;
  throw new CounterflowError(
    exitCodes.failed,
    `Expected request.json in the folder of ${runId}, found none; start the run again.`,
  );
}

const startAnew = (client: Client, request: RunRequest): Promise<boolean> =>
  startWorkflow(client, { ...request, resumedAt: new Date().toISOString() });
