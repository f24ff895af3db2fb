/** `<out>/.temporal/server.json`: which dev server works on the database beside it; and `users/`, one file for each process that needs it. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../activities/make-folder.ts';
import { withStorageErrors } from '../../activities/storage-errors.ts';
import type { Layout } from '../layout.ts';
import { writeAtomically } from '../store/atomic-write.ts';
import { identityOf, isRunning, type ProcessIdentity } from './process-identity.ts';

export interface ServerRecord extends ProcessIdentity {
  readonly address: string;
  readonly uiUrl: string;
  readonly port: number;
  readonly uiPort: number;
}

export async function readRecord(layout: Layout): Promise<ServerRecord | null> {
  try {
    return JSON.parse(await readFile(layout.serverRecord, 'utf8')) as ServerRecord;
  } catch {
    return null;
  }
}

export async function writeRecord(layout: Layout, record: ServerRecord): Promise<void> {
  await writeAtomically(layout.serverRecord, `${JSON.stringify(record, null, 2)}\n`);
}

/** From now until `leave`, or until this process ends however it ends, the server is in use. */
export async function enter(layout: Layout): Promise<void> {
  const file = ownFile(layout);
  await withStorageErrors(file, async () => {
    await makeFolder(usersFolder(layout));
    await writeFile(file, '');
  });
}

export async function leave(layout: Layout): Promise<void> {
  await rm(ownFile(layout), { force: true });
}

/** Processes that joined, did not leave and still run; what dead ones left is removed. */
export async function users(layout: Layout): Promise<ProcessIdentity[]> {
  const names = await readdir(usersFolder(layout)).catch(() => []);
  const joined = names.map((name) => ({ name, pid: Number(name.split('-')[0]), started: name.split('-')[1] ?? '' }));
  const dead = joined.filter((user) => !isRunning(user));
  await Promise.all(dead.map(({ name }) => rm(join(usersFolder(layout), name), { force: true })));
  return joined.filter((user) => !dead.includes(user));
}

/** A clock tick of Linux, of which `started` is made. */
const tickMs = 10;

/** When the oldest process that needs the server now began, ms since 1970. Nobody that has gone since is known of. */
export async function attendedSince(layout: Layout): Promise<number> {
  const bootedAt = Date.now() - 1000 * uptime();
  return Math.min(...(await users(layout)).map(({ started }) => bootedAt + tickMs * Number(started)), Date.now());
}

const usersFolder = (layout: Layout) => join(layout.temporal, 'users');

function ownFile(layout: Layout): string {
  const own = identityOf(process.pid);
  return join(usersFolder(layout), `${process.pid}-${own?.started}`);
}
