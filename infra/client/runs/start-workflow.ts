import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowOptions } from '@temporalio/client';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { runStart } from '../../../workflows/shared/start-options.ts';

/** The run's id is the workflow's: the server refuses a second execution while one is open, and one after
 *  another where `reuse` says so. Returns whether it was started. */
export async function startWorkflow(
  client: Client,
  request: RunRequest,
  reuse: WorkflowOptions['workflowIdReusePolicy'] = 'ALLOW_DUPLICATE',
): Promise<boolean> {
  return isStarted(
    client.workflow.start('reproduce', {
      ...runStart(request),
      taskQueue: workflowQueue,
      workflowIdReusePolicy: reuse,
      memo: { startedAt: request.startedAt },
    }),
  );
}

/** False where an execution of that id is there already, as the start's policy has it. */
export async function isStarted(start: Promise<unknown>): Promise<boolean> {
  try {
    await start;
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
