import { layoutOf } from '../layout.ts';
import { findServer } from '../temporal/find-server.ts';
import { users } from '../temporal/server-record.ts';
import { readRequest, type RunSummary } from './run-files.ts';

/** Ids of the runs that are recorded as running while nobody works on them: their server is down, or without a worker, or knows better.
 *  Runs on a server somebody else runs are not judged. */
export async function idleRuns(out: string, runs: readonly RunSummary[]): Promise<ReadonlySet<string>> {
  const running = runs.filter(run => run.status === 'running').map(run => run.id);
  const stored = await Promise.all(running.map(async id => ({ id, request: await readRequest(out, id) })));
  const own = stored.filter(({ request }) => !request?.address).map(({ id }) => id);
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
