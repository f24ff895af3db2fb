/** Files that are whole or absent, also after a power cut: temporary file, fsync, rename, fsync of the
 *  folder. */
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import { isSystemError, withStorageErrors } from '../../activities/disk/storage-errors.ts';

/** Replaces `path` by `content`, which is first written in `staging`. Throws StorageError. */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  staging = dirname(path),
): Promise<void> {
  const temporary = temporaryIn(staging, path);
  await withStorageErrors(
    path,
    async () => {
      await makeLastingFolder(dirname(path));
      await fillTemporary(temporary, (handle) => handle.writeFile(content));
      await moveInto(temporary, path);
    },
    Buffer.byteLength(content),
  );
}

/** As `writeAtomically`, but what is there stays. Returns whether nothing was. */
export async function writeFirst(
  path: string,
  content: Uint8Array | string,
  staging = dirname(path),
): Promise<boolean> {
  const temporary = temporaryIn(staging, path);
  return withStorageErrors(
    path,
    async () => {
      await makeLastingFolder(dirname(path));
      await fillTemporary(temporary, (handle) => handle.writeFile(content));
      try {
        await link(temporary, path);
      } catch (error) {
        if (isSystemError(error) && error.code === 'EEXIST') return false;
        if (!isSystemError(error) || !noLinkHere.has(error.code)) throw error;
        await rename(temporary, path);
      } finally {
        await rm(temporary, { force: true });
      }
      await syncFolder(dirname(path));
      return true;
    },
    Buffer.byteLength(content),
  );
}

export const temporaryIn = (staging: string, path: string): string =>
  join(staging, `.${basename(path)}.${randomUUID()}.tmp`);

/** Writes and syncs a temporary file; removes it again if that fails. */
export async function fillTemporary(
  temporary: string,
  fill: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(temporary, 'wx', 0o644);
  try {
    await fill(handle);
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Run directories hard-link artifacts: an editor must not change one through such a link. */
export const artifactMode = 0o444;

/** A file that was written without it lasts, as it is, from now on. */
export async function sealFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.chmod(artifactMode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function moveInto(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes a folder that is still there after a power cut. */
export async function makeLastingFolder(folder: string): Promise<void> {
  const firstMade = await makeFolder(folder);
  if (firstMade !== undefined) await syncFolder(dirname(firstMade));
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What systems say where hard links are not possible. */
export const noLinkHere: ReadonlySet<string> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);
