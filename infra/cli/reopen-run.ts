import type { Client } from '@temporalio/client';
import type { RunRequest } from '../../activities/contracts.ts';
import { startWorkflow } from './start-workflow.ts';
import { isOpen } from './workflow-state.ts';

/** An open workflow goes on as soon as it has a worker; else a new execution finds the artifacts of the old one. */
export async function reopenRun(client: Client, request: RunRequest): Promise<string> {
  if (await isOpen(client, request.runId)) return `${request.runId} goes on.`;
  const started = await startWorkflow(client, { ...request, resumedAt: new Date().toISOString() });
  return !started ? `${request.runId} goes on.` : `${request.runId} starts again from its artifacts.`;
}
