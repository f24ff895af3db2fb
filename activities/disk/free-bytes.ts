import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Of the file system that a path is, or would be, on; null where nobody knows. */
export async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return dirname(path) === path ? null : freeBytes(dirname(path));
  }
}
