/** Files of a data folder that stay in it: a folder from elsewhere may hold links to anything on this
 *  machine. */
import { realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { BadInputError } from '../ports/data-errors.ts';

export interface DataFile {
  readonly path: string;
  readonly bytes: number;
}

/** null where there is no such file. Throws BadInputError for one that leads out of the folder. */
export async function dataFile(folder: string, ...name: readonly string[]): Promise<DataFile | null> {
  const path = join(folder, ...name);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return null;
  await requireInside(folder, path);
  return { path, bytes: found.size };
}

/** The folder itself may be reached by a link; nothing in it may lead elsewhere. */
export async function requireInside(folder: string, path: string): Promise<void> {
  const [root, target] = [await realpath(folder), await realpath(path)];
  const inside = relative(root, target);
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new BadInputError(
      `${path} should lie in ${folder}, and leads out of it, to ${target}. Copy what it names into the folder.`,
    );
  }
}
