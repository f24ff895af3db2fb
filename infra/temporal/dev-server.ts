/** Finds or starts the Temporal server of `<out>`, and ends it when nobody needs it any more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf, type Layout } from '../store/layout.ts';
import { untilAnswering } from './connect.ts';
import { withLock } from '../store/lock.ts';
import { handleOf, type ServerHandle } from './find-server.ts';
import { isRunning, signalProcess } from './process-identity.ts';
import { enter, leave, readServerRecord, users, type ServerRecord } from './server-record.ts';
import { startServer } from './start-server.ts';

export interface ServerOptions {
  readonly out: string;
  readonly namespace?: string | undefined;
  /** False for a process that brings no worker of workflows: what is open goes on without it only where
   *  another does. */
  readonly tends?: boolean;
}

const answersWithinMs = 15_000;
const stopsWithinMs = 5000;

/** The process counts as a user of the server until it ends or calls `stopServer`. Several callers at once
 *  share one server. Throws ServerError. */
export async function ensureServer({
  out,
  namespace = 'default',
  tends = true,
}: ServerOptions): Promise<ServerHandle> {
  const layout = layoutOf(out);
  return withLock(layout.serverRecord, async () => {
    await enter(layout, tends);
    const earlier = await readServerRecord(layout);
    if (earlier && isRunning(earlier)) {
      if (await untilAnswering(earlier.address, namespace, answersWithinMs, () => !isRunning(earlier)))
        return handleOf(earlier);
      await end(earlier);
    }
    const { record, setAside } = await startServer(layout, namespace, earlier);
    return { ...handleOf(record), startedHere: true, setAside };
  });
}

/** A worker that was handed the address of `<out>`'s own server counts as its user, like a caller of
 *  `ensureServer`. Returns whether it is that server. */
export async function useServer(out: string, address: string, tends = true): Promise<boolean> {
  const layout = layoutOf(out);
  return withLock(layout.serverRecord, async () => {
    const isOwn = (await readServerRecord(layout))?.address === address;
    if (isOwn) await enter(layout, tends);
    return isOwn;
  });
}

/** This process needs the server no more; it ends unless another process does. Returns whether it ended. */
export async function stopServer(out: string): Promise<boolean> {
  const layout = layoutOf(out);
  return withLock(layout.serverRecord, async () => {
    await leave(layout);
    return (await users(layout)).length === 0 && endRecorded(layout);
  });
}

async function endRecorded(layout: Layout): Promise<boolean> {
  const record = await readServerRecord(layout);
  if (!record || !isRunning(record)) return false;
  await end(record);
  return true;
}

/** SIGINT lets the server close its database; SIGKILL if it does not. */
async function end(record: ServerRecord): Promise<void> {
  const deadline = Date.now() + stopsWithinMs;
  signalProcess(record, 'SIGINT');
  while (isRunning(record)) {
    if (Date.now() > deadline) signalProcess(record, 'SIGKILL');
    await sleep(50);
  }
}
