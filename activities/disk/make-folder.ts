/** A folder and those it lies in, one level at a time: Node's own recursion never ends where a file system
 *  refuses with "no such file" (/proc). */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from '../ports/errors.ts';

/** Returns the first folder that had to be made; undefined: all were there. Throws StorageError where none
 *  can be, and what the system says else. */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const isMade = await tryToMake(folder);
  if (isMade !== null) return isMade ? folder : undefined;
  const parent = dirname(folder);
  const first = (await isFolder(parent)) ? undefined : await makeFolder(parent);
  // another process may have made the parent, or the folder, meanwhile
  const isMadeNow = await tryToMake(folder);
  if (isMadeNow === null)
    throw new StorageError(
      `Cannot make the folder ${folder}: its file system takes none. Choose another one with --out.`,
      folder,
      'ENOENT',
    );
  return first ?? (isMadeNow ? folder : undefined);
}

/** null: what it would lie in is not there, or so the system says. */
async function tryToMake(folder: string): Promise<boolean | null> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(folder) !== folder) return null;
    if (code === 'EEXIST' && (await isFolder(folder))) return false;
    throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
