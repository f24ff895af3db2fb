import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Whether the server has an execution of this run that has not ended. */
export async function isOpen(client: Client, runId: string): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(runId).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
