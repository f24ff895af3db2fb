import type { Client } from '@temporalio/client';
import type { RunRequest } from '../../activities/contracts.ts';
import { workflowQueue } from '../../workflows/queues.ts';

/** The run's id is the workflow's: the server refuses a second execution while one is open. */
export async function startWorkflow(client: Client, request: RunRequest): Promise<void> {
  await client.workflow.start('reproduce', {
    workflowId: request.runId,
    taskQueue: workflowQueue,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    args: [request],
    staticSummary: request.title,
  });
}
