/** Asks a Temporal server whether it answers, and how long it keeps what has ended. */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError } from './server-error.ts';

/** Runs of the last months stay in `list`; resuming does not need them. */
const retention = '90 days';

/** Throws if the server does not serve the namespace. */
export async function probe(address: string, namespace: string): Promise<void> {
  await withConnection(address, (connection) => connection.workflowService.describeNamespace({ namespace }));
}

/** Probes until the server answers; `ended` says that it never will. */
export async function untilAnswering(address: string, namespace: string, withinMs: number, ended: () => boolean): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !ended()) {
    try {
      await probe(address, namespace);
      return true;
    } catch {
      await sleep(100);
    }
  }
  return false;
}

export async function keepEnded(address: string, namespace: string): Promise<void> {
  await withConnection(address, (connection) => connection.workflowService.updateNamespace({
    namespace, config: { workflowExecutionRetentionTtl: msToTs(retention) },
  }));
}

/** Throws ServerError, with the reason, for an address somebody gave. */
export async function requireServer(address: string, namespace: string): Promise<void> {
  try {
    await probe(address, namespace);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServerError(`No Temporal server answers at ${address} for the namespace "${namespace}" (${reason}). Start one there, or leave --address out to use a server of our own.`);
  }
}

async function withConnection<T>(address: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: '3 s' });
  try {
    return await connection.withDeadline(Date.now() + 5000, () => use(connection));
  } finally {
    await connection.close();
  }
}
