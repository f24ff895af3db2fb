/** Everything the store remembers, newest last, as far as it can be read: what is damaged explains
 *  nothing. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionRecord } from '../store/action-record.ts';

export interface RememberedStep extends ActionRecord {
  readonly key: string;
}

/** Files read at the same time: more make nothing faster, and a process may not have thousands open. */
const together = 64;

export async function readRemembered(folder: string): Promise<RememberedStep[]> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) =>
    /^[0-9a-f]{64}\.json$/.test(name),
  );
  const found: RememberedStep[] = [];
  for (let start = 0; start < names.length; start += together) {
    const some = await Promise.all(
      names.slice(start, start + together).map((name) => read(join(folder, name), name.slice(0, 64))),
    );
    found.push(...some.filter((one) => one !== null));
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1));
}

async function read(path: string, key: string): Promise<RememberedStep | null> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as ActionRecord;
    return typeof record.activity !== 'string' || record.activity.endsWith(', circumstances')
      ? null
      : { ...record, key };
  } catch {
    return null;
  }
}
