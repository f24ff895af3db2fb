/** What cannot go on is ended on the server, and begun anew from its artifacts. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { codeDiffers, type Differing, type Execution } from '../server/code-watch.ts';

/** Ends just these executions, each if it is open still: another command line may have begun the next ones
 *  already. */
export async function terminate(client: Client, tree: readonly Execution[], why: string): Promise<void> {
  for (const { workflowId, runId } of tree) {
    await client.workflow
      .getHandle(workflowId, runId)
      .terminate(why)
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  }
}

/** `startAgain` starts the next execution, if nobody else has. */
export async function replaceExecution(
  client: Client,
  { tree }: Differing,
  startAgain: () => Promise<unknown>,
): Promise<void> {
  await terminate(
    client,
    tree,
    'the code of the workflows differs; a new execution goes on from the artifacts',
  );
  await startAgain();
}

/** Of what a worker was started for that nobody attends. `startAgain` as above. Resolves to what happened, as
 *  a sentence; null: its code is that which it was begun with. */
export async function replaceWhereCodeDiffers(
  client: Client,
  id: string,
  startAgain: () => Promise<unknown>,
): Promise<string | null> {
  const differing = await codeDiffers(client, id);
  if (differing === null) return null;
  await replaceExecution(client, differing, startAgain);
  return differsSentence(id, differing);
}

export const differsSentence = (id: string, { workflowId, reason }: Differing): string =>
  `The code of the workflows differs from that which ${id} was begun with: its execution cannot go `
  + `on${workflowId === id ? '' : ` (${workflowId})`}. A new one goes on from its artifacts. `
  + `${reason.split('\n')[0]}`;
