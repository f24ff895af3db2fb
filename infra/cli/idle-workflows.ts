import { layoutOf } from '../layout.ts';
import { findServer } from '../temporal/find-server.ts';
import { users } from '../temporal/server-record.ts';

/** Those of `ids`, of workflows on `<out>`'s own server, that nobody works on: the server is down, or without a worker, or knows better. */
export async function idleWorkflows(out: string, own: readonly string[]): Promise<ReadonlySet<string>> {
  if (own.length === 0) return new Set();
  const server = await findServer(out);
  if (!server || (await users(layoutOf(out))).length === 0) return new Set(own);
  const open = await openWorkflows(server.address, own);
  return new Set(own.filter(id => !open.has(id)));
}

async function openWorkflows(address: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  // loaded only here: listing finished runs needs no client
  const { Client, Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: '3 s' }).catch(() => null);
  if (!connection) return new Set();
  const { workflow } = new Client({ connection });
  const states = await Promise.all(ids.map(async id => ({ id, state: await workflow.getHandle(id).describe().catch(() => null) })));
  await connection.close();
  return new Set(states.filter(({ state }) => state?.status.name === 'RUNNING').map(({ id }) => id));
}
