/** Fencing: an attempt publishes out of a staging folder of its own, and a later attempt at the same work
 *  removes that folder first. However late an attempt that was stopped goes on, what it moves out of a folder
 *  that is gone does not arrive. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StaleAttemptError } from '../../activities/ports/errors.ts';
import type { Fence } from '../../activities/ports/store.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { makeLastingFolder } from './atomic-write.ts';

const prefix = '.claim-';
export const isClaim = (name: string): boolean => name.startsWith(prefix);

/** `subject`: what at most one live attempt at a time publishes. `isLive`: whether ours is that one. Throws
 *  StaleAttemptError, also while `work` goes on. */
export async function claiming<T>(
  folder: string,
  subject: string,
  isLive: () => Promise<boolean>,
  work: (claim: Fence) => Promise<T>,
): Promise<T> {
  const staging = join(folder, `${prefix}${subject}-${randomUUID()}`);
  const earlier = await withStorageErrors(staging, async () => {
    await makeLastingFolder(folder);
    const names = await readdir(folder);
    await mkdir(staging);
    return names.filter((name) => name.startsWith(`${prefix}${subject}-`));
  });
  try {
    // Whoever was seen before we were known to be the live one, is not. Of one that comes later, nothing was
    // seen.
    if (!(await isLive())) throw stale();
    for (const name of earlier) await remove(join(folder, name));
    return await work({ staging });
  } catch (error) {
    throw (await isThere(staging)) ? error : stale();
  } finally {
    await remove(staging);
  }
}

/** Until the folder is empty and gone, whatever a writer that does not know yet puts there meanwhile. */
const remove = (staging: string): Promise<void> =>
  rm(staging, { recursive: true, force: true, maxRetries: 10 });

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const stale = (): StaleAttemptError =>
  new StaleAttemptError('Another attempt has taken over this work: nothing more of this one is kept.');
