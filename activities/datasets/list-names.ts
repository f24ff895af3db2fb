/** Files under a folder, by names relative to it with forward slashes, in the order of their code units: the same on every machine.
 *  What begins with a dot is left out. Throws where the folder cannot be read. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

export async function listNames(folder: string, inside = ''): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(join(folder, name)).catch(() => null) : entry;
    // a link to a folder could lead round in a circle
    if (entry.isDirectory()) names.push(...await listNames(folder, name));
    else if (kind?.isFile()) names.push(name);
  }
  return inside === '' ? names.sort(byCodeUnits) : names;
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
