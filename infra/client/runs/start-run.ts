/** One execution of a run that many may ask for at once. What it had finished before is found, not
 *  computed. */
import type { Client } from '@temporalio/client';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { Entered } from './claim-run-id.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { readRecord } from '../records/run-records.ts';
import { startWorkflow } from './start-workflow.ts';
import { withCommandsBefore } from './commands-before.ts';
import { isOpen } from '../server/workflow-state.ts';

/** `joined`: it is under way, or has just ended. `completed`: there is nothing left to do, whether or not the
 *  server remembers it. */
export type Beginning = 'begun' | 'joined' | 'resumed' | 'completed';

/** Throws CounterflowError. */
export async function startRun(
  client: Client,
  out: string,
  { stored: { request }, isFirst }: Entered,
): Promise<Beginning> {
  const { runId } = request;
  if (isFirst || !(await isRecorded(out, runId)))
    return (await startOnce(client, request)) ? 'begun' : 'joined';
  if (await isOpen(client, runId)) return 'joined';
  // its record was its last act
  const record = await readRecord(out, runId);
  if (record?.status === 'completed') return 'completed';
  const resumed = await startWorkflow(
    client,
    { ...request, ...withCommandsBefore(record, request), resumedAt: new Date().toISOString() },
    'ALLOW_DUPLICATE_FAILED_ONLY',
  );
  return resumed ? 'resumed' : 'joined';
}

/** Whether its workflow has written anything yet. */
const isRecorded = async (out: string, runId: string): Promise<boolean> =>
  (await readRecord(out, runId))?.steps !== undefined;

/** Whoever is too late finds the execution of this very beginning, even if it has ended by then. */
async function startOnce(client: Client, request: RunRequest): Promise<boolean> {
  if (await startWorkflow(client, request, 'REJECT_DUPLICATE')) return true;
  const { memo, status } = await client.workflow.getHandle(request.runId).describe();
  const isThisOne = memo?.['startedAt'] === request.startedAt;
  if (isThisOne && status.name !== 'TERMINATED' && status.name !== 'TIMED_OUT') return false;
  if (!isThisOne && status.name === 'RUNNING') {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected an id that is free on the Temporal server, but a run ${request.runId} of another `
        + 'folder is under way there; choose another --id.',
    );
  }
  return startWorkflow(client, request);
}
