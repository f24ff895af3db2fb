import type { Client } from '@temporalio/client';
import { layoutOf } from '../../store/layout.ts';
import { findServer } from '../../temporal/find-server.ts';
import { isTended } from '../../temporal/server-record.ts';
import { ask } from './ask.ts';

/** Which of `ids` the server at an address has as open. */
export type OpenOf = (address: string, ids: readonly string[]) => Promise<ReadonlySet<string>>;

/** Those of `own`, of workflows on `<out>`'s own server, that nobody works on: the server is down, or without
 *  a worker of workflows, or knows better. */
export async function idleWorkflows(
  out: string,
  own: readonly string[],
  openOf: OpenOf = openWorkflows,
): Promise<ReadonlySet<string>> {
  if (own.length === 0) return new Set();
  const server = await findServer(out);
  if (!server || !(await isTended(layoutOf(out)))) return new Set(own);
  const open = await openOf(server.address, own);
  return new Set(own.filter((id) => !open.has(id)));
}

async function openWorkflows(address: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  // loaded only here: listing finished runs needs no client
  const { Client, Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: '3 s' }).catch(() => null);
  // its process lives: it is busy, and knows more than it says
  if (!connection) return new Set(ids);
  try {
    return await openAmong(new Client({ connection }), ids);
  } finally {
    await connection.close();
  }
}

/** Those of which a server that is busy says nothing within a few seconds are not judged: they count as
 *  open. */
export async function openAmong(client: Client, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const describe = (id: string) =>
    ask(client, () =>
      client.workflow
        .getHandle(id)
        .describe()
        .catch((error: Error) => {
          if (error.name === 'WorkflowNotFoundError') return 'unknown' as const;
          throw error;
        }),
    );
  const states = await Promise.all(ids.map(async (id) => ({ id, state: await describe(id) })));
  return new Set(
    states
      .filter(({ state }) => state === null || (state !== 'unknown' && state.status.name === 'RUNNING'))
      .map(({ id }) => id),
  );
}
