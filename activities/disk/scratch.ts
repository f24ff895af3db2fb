/** Folders and files of work under way, which nobody else sees yet. Where there is no room for them, it is
 *  waited for. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { withStorageErrors } from './storage-errors.ts';

/** Runs `work` in a folder of its own, which then goes. */
export async function inScratch<T>(
  root: string,
  name: string,
  work: (scratch: string) => Promise<T>,
): Promise<T> {
  const scratch = await withStorageErrors(root, async () => {
    await makeFolder(root);
    return mkdtemp(join(root, `${name}-`));
  });
  try {
    return await work(scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As `writeScratch`, of `bytes` in parts that come one after another: `parts` is called anew where there was
 *  no room. */
export async function writeScratchInParts(
  path: string,
  bytes: number,
  parts: () => Iterable<Uint8Array>,
): Promise<void> {
  await withStorageErrors(
    path,
    async () => {
      try {
        await writeParts(path, parts());
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    bytes,
  );
}

async function writeParts(path: string, parts: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'w');
  try {
    for (const part of parts) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

/** Whole or not at all: half a file would only take the room that others wait for. */
export async function writeScratch(path: string, content: Uint8Array | string): Promise<void> {
  await withStorageErrors(
    path,
    async () => {
      try {
        await writeFile(path, content);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    },
    Buffer.byteLength(content),
  );
}
