/** Which artifacts were released: an empty file each, named by its SHA-256, so that there is nothing in it to
 *  be damaged. */
import { randomUUID } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { fillTemporary, makeLastingFolder, syncFolder } from './atomic-write.ts';

type Named = Pick<ArtifactRef, 'sha256'>;

export class ReleaseMarks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Lasts once this resolves. `staging`: as of a claim, where the mark is made before it is moved. Throws
   *  StorageError. */
  async set(artifact: Named, staging = this.#folder): Promise<void> {
    const path = this.#path(artifact);
    await withStorageErrors(path, async () => {
      await makeLastingFolder(this.#folder);
      const temporary = join(staging, `.${artifact.sha256}.${randomUUID()}.tmp`);
      await fillTemporary(temporary, async () => {});
      await rename(temporary, path);
      await syncFolder(this.#folder);
    });
  }

  has(artifact: Named): Promise<boolean> {
    return stat(this.#path(artifact)).then(
      () => true,
      () => false,
    );
  }

  /** A mark that a loss of power brings back says nothing of an artifact that is there. */
  async takeBack(artifact: Named): Promise<void> {
    const path = this.#path(artifact);
    await withStorageErrors(path, () => rm(path, { force: true }));
  }

  #path({ sha256 }: Named): string {
    return join(this.#folder, sha256);
  }
}
