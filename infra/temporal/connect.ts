/** Asks a Temporal server whether it answers, and how long it keeps what has ended. */
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainRefusal, takesConnections } from './explain-refusal.ts';
import { clientOptions, embedded, type Server } from './server.ts';
import { ServerError } from './server-error.ts';

/** Runs of the last months stay in `list`; resuming does not need them. */
const retention = '90 days';
const quickMs = 3000;
const patienceMs = 20_000;

/** Throws if the server does not serve the namespace. */
export async function pingServer(server: Server, withinMs = quickMs): Promise<void> {
  const { namespace } = server;
  await withConnection(server, withinMs, (connection) =>
    connection.workflowService.describeNamespace({ namespace }),
  );
}

/** Probes until the server answers; `ended` says that it never will. */
export async function untilAnswering(
  address: string,
  namespace: string,
  withinMs: number,
  ended: () => boolean,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline && !ended()) {
    try {
      await pingServer({ ...embedded(address), namespace });
      return true;
    } catch {
      await sleep(100);
    }
  }
  return false;
}

export async function keepEnded(address: string, namespace: string): Promise<void> {
  await withConnection(embedded(address), quickMs, (connection) =>
    connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(retention) },
    }),
  );
}

/** Throws ServerError, with the reason and the remedy, for a server somebody else runs. */
export async function requireServer(server: Server): Promise<void> {
  const refusal = await refusalOf(server);
  // on a busy machine, or far away: a second try has more time
  const last =
    refusal !== null && (await takesConnections(server, refusal))
      ? await refusalOf(server, patienceMs)
      : refusal;
  if (last !== null) throw new ServerError(await explainRefusal(server, last));
}

const refusalOf = (server: Server, withinMs?: number): Promise<unknown> =>
  pingServer(server, withinMs).then(
    () => null,
    (error: unknown) => error,
  );

async function withConnection<T>(
  server: Server,
  withinMs: number,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ ...clientOptions(server), connectTimeout: withinMs });
  try {
    return await connection.withDeadline(Date.now() + withinMs + 2000, () => use(connection));
  } finally {
    await connection.close();
  }
}
