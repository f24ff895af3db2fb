/** `<out>/<run id>/`: what people open. Files are replaced whole; store files are hard-linked, or copied
 *  where links are not possible. */
import { constants } from 'node:fs';
import { copyFile, link, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { SharedTraining } from '../../activities/ports/compute.ts';
import { StorageError } from '../../activities/ports/errors.ts';
import type { Attempt } from '../../activities/ports/progress.ts';
import type { ArtifactStore, Fence, RunDirectory } from '../../activities/ports/store.ts';
import { OtherRuns } from '../gc/other-runs.ts';
import { runFolder, type Layout } from '../store/layout.ts';
import { isSystemError, withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { makeLastingFolder, noLinkHere, temporaryIn, writeAtomically } from '../store/atomic-write.ts';
import { claiming } from '../store/claim.ts';

export class LocalRunDirectory implements RunDirectory {
  readonly #layout: Layout;
  readonly #store: ArtifactStore;
  readonly #others: OtherRuns;

  constructor(layout: Layout, store: ArtifactStore) {
    this.#layout = layout;
    this.#store = store;
    this.#others = new OtherRuns(layout);
  }

  path(runId: string): string {
    return runFolder(this.#layout, runId);
  }

  async claiming<T>(runId: string, attempt: Attempt, work: (claim: Fence) => Promise<T>): Promise<T> {
    return claiming(this.path(runId), attempt.activity, () => attempt.isAwaited(), work);
  }

  async read(runId: string, name: string): Promise<string | null> {
    const path = this.#file(runId, name);
    return withStorageErrors(path, () =>
      readFile(path, 'utf8').catch((error: unknown) => {
        if (isSystemError(error) && error.code === 'ENOENT') return null;
        throw error;
      }),
    );
  }

  async write(runId: string, name: string, content: Uint8Array | string, claim?: Fence): Promise<void> {
    await writeAtomically(this.#file(runId, name), content, claim?.staging);
  }

  async link(runId: string, name: string, ref: ArtifactRef, claim?: Fence): Promise<void> {
    const target = this.#file(runId, name);
    const temporary = temporaryIn(claim?.staging ?? dirname(target), target);
    const source = await this.#store.path(ref);
    await withStorageErrors(target, async () => {
      if (await isSameFile(source, target)) return;
      await makeLastingFolder(dirname(target));
      try {
        await linkOrCopy(source, temporary, ref.bytes);
        await rename(temporary, target);
      } finally {
        // rename leaves both names in place where they already are the same file
        await rm(temporary, { force: true });
      }
    });
  }

  neededByOthers(runId: string, training: SharedTraining): Promise<(sha256: string) => boolean> {
    return this.#others.neededBesides(runId, training);
  }

  #file(runId: string, name: string): string {
    const folder = this.path(runId);
    const file = join(folder, name);
    if (name === '' || relative(folder, file).startsWith('..'))
      throw new StorageError(`A file of a run stays in its folder, got "${name}".`, file, 'EINVAL');
    return file;
  }
}

async function isSameFile(source: string, target: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(source), stat(target).catch(() => null)]);
  return one.ino === other?.ino && one.dev === other.dev;
}

/** A link takes no room for the bytes. */
async function linkOrCopy(source: string, target: string, bytes: number): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!isSystemError(error) || !noLinkHere.has(error.code)) throw error;
    await withStorageErrors(target, () => copyFile(source, target, constants.COPYFILE_FICLONE), bytes);
  }
}
