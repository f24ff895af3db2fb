/** `<out>/.temporal/server.json`: which dev server works on the database beside it; and `users/`, one file
 *  for each process that needs it. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import type { Layout } from '../store/layout.ts';
import { writeAtomically } from '../store/atomic-write.ts';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';

export interface ServerRecord extends ProcessIdentity {
  readonly address: string;
  readonly uiUrl: string;
  readonly port: number;
  readonly uiPort: number;
}

export async function readServerRecord(layout: Layout): Promise<ServerRecord | null> {
  try {
    return JSON.parse(await readFile(layout.serverRecord, 'utf8')) as ServerRecord;
  } catch {
    return null;
  }
}

export async function writeRecord(layout: Layout, record: ServerRecord): Promise<void> {
  await writeAtomically(layout.serverRecord, `${JSON.stringify(record, null, 2)}\n`);
}

/** A process that needs the server. */
export interface ServerUser extends ProcessIdentity {
  /** It is a worker that runs workflows, or has one or brings one; else it only asks, or serves other
   *  queues. */
  readonly tends: boolean;
}

/** Behind the names of users that do not tend. Earlier versions leave it out, and pass over it. */
const aside = '-aside';

/** From now until `leave`, or until this process ends however it ends, the server is in use. */
export async function enter(layout: Layout, tends = true): Promise<void> {
  const file = `${ownFile(layout)}${tends ? '' : aside}`;
  await withStorageErrors(file, async () => {
    await makeFolder(usersFolder(layout));
    await writeFile(file, '');
  });
}

export async function leave(layout: Layout): Promise<void> {
  for (const name of [ownFile(layout), `${ownFile(layout)}${aside}`]) await rm(name, { force: true });
}

/** Processes that joined, did not leave and still run; what dead ones left is removed. */
export async function users(layout: Layout): Promise<ServerUser[]> {
  const names = await readdir(usersFolder(layout)).catch(() => []);
  const joined = names.map((name) => ({
    name,
    pid: Number(name.split('-')[0]),
    started: name.split('-')[1] ?? '',
    tends: !name.endsWith(aside),
  }));
  const dead = joined.filter((user) => !isRunning(user));
  await Promise.all(dead.map(({ name }) => rm(join(usersFolder(layout), name), { force: true })));
  return joined.filter((user) => !dead.includes(user));
}

/** Whether anybody can be expected to go on with what is open on the server. */
export async function isTended(layout: Layout): Promise<boolean> {
  return (await users(layout)).some(({ tends }) => tends);
}

/** A clock tick of Linux, of which `started` is made. */
const tickMs = 10;

/** When the oldest process that needs the server now began, ms since 1970. Nobody that has gone since is
 *  known of. */
export async function attendedSince(layout: Layout): Promise<number> {
  const bootedAt = Date.now() - 1000 * uptime();
  return Math.min(
    ...(await users(layout)).map(({ started }) => bootedAt + tickMs * Number(started)),
    Date.now(),
  );
}

const usersFolder = (layout: Layout) => join(layout.temporal, 'users');

function ownFile(layout: Layout): string {
  const own = identityOf(process.pid);
  return join(usersFolder(layout), `${process.pid}-${own?.started}`);
}
