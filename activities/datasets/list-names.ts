/** Files under a folder, by names relative to it with forward slashes, in the order of their code units: the same on every machine.
 *  What begins with a dot is left out. Throws where the folder cannot be read, and BadInputError for a link that leads out of it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requireInside } from './data-file.ts';

export async function listNames(folder: string, signal?: AbortSignal): Promise<string[]> {
  const names: string[] = [];
  await addNames(folder, '', names, signal);
  return names.sort(byCodeUnits);
}

async function addNames(folder: string, inside: string, names: string[], signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => null) : entry;
    // a link to a folder could lead round in a circle
    if (entry.isDirectory()) await addNames(folder, name, names, signal);
    else if (kind?.isFile()) {
      if (entry.isSymbolicLink()) await requireInside(folder, join(folder, name));
      names.push(name);
    }
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
