/** The artifact store on a local disk: files named by their SHA-256, and outputs of activities remembered by
 *  key. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isSystemError, withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { canonicalHash } from '../../activities/formats/canonical-hash.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import { StorageError } from '../../activities/ports/errors.ts';
import type { Attempt, Heartbeat } from '../../activities/ports/progress.ts';
import type { ArtifactStore, Fence, Remembered, Wanted } from '../../activities/ports/store.ts';
import type { Layout } from './layout.ts';
import { withLock } from './lock.ts';
import { decodeAction, encodeAction, type ActionRecord } from './action-record.ts';
import { artifactsIn } from './artifacts-in.ts';
import {
  artifactMode,
  fillTemporary,
  makeLastingFolder,
  sealFile,
  syncFolder,
  writeAtomically,
  writeFirst,
} from './atomic-write.ts';
import { claiming } from './claim.ts';
import { fingerprint } from './fingerprint.ts';
import { hashOfFile } from './hash-of-file.ts';
import { leftBehindMs } from './left-behind.ts';
import { ReleaseMarks } from './release-marks.ts';
import { damaged, missingOr } from './unusable-artifact.ts';

/** Some megabytes of a worker's memory; what is forgotten is read again when it is next asked for. */
const mostTrusted = 10_000;
/** A worker that computes answers at once, a busy one within moments. */
const stoppedAfterMs = 5000;

export class LocalStore implements ArtifactStore {
  readonly #objects: string;
  readonly #actions: string;
  readonly #incoming: string;
  readonly #scratch: string;
  readonly #claims: string;
  readonly #marks: ReleaseMarks;
  /** Artifacts that were whole when this process last read or wrote them, with their files' fingerprints. */
  readonly #whole = new Map<string, string>();

  constructor(layout: Pick<Layout, 'objects' | 'actions' | 'released' | 'scratch' | 'claims'>) {
    this.#objects = layout.objects;
    this.#actions = layout.actions;
    this.#incoming = join(layout.objects, '.incoming');
    this.#scratch = layout.scratch;
    this.#claims = layout.claims;
    this.#marks = new ReleaseMarks(layout.released);
  }

  /** A damaged object of the same name is replaced; of two writers at once, the later rename wins with the
   *  same bytes. */
  async put(content: Uint8Array | { readonly file: string }, signal?: AbortSignal): Promise<ArtifactRef> {
    const bytes =
      content instanceof Uint8Array
        ? content.length
        : (await withStorageErrors(content.file, () => stat(content.file))).size;
    const temporary = join(this.#incoming, randomUUID());
    return withStorageErrors(
      temporary,
      async () => {
        await makeLastingFolder(this.#incoming);
        const ref = await writeHashed(temporary, content, signal);
        try {
          await this.#keep(temporary, ref, signal);
          return ref;
        } finally {
          await rm(temporary, { force: true });
        }
      },
      bytes,
    );
  }

  /** Nothing is copied where both lie on one file system. Until the artifact is there the file is put back
   *  where it was, should anything fail. A file that is none of this store's jobs is somebody else's: it is
   *  copied, and stays. */
  async take(file: string, signal?: AbortSignal): Promise<ArtifactRef> {
    if (!resolve(file).startsWith(resolve(this.#scratch) + sep)) return this.put({ file }, signal);
    const temporary = join(this.#incoming, randomUUID());
    const isHere = await withStorageErrors(temporary, async () => {
      await makeLastingFolder(this.#incoming);
      return isMoved(file, temporary);
    });
    if (!isHere) return this.put({ file }, signal).finally(() => rm(file, { force: true }));
    try {
      return await withStorageErrors(temporary, async () => {
        const { size: bytes } = await stat(temporary);
        const sha256 = await hashOfFile(temporary, signal);
        const ref = { uri: `artifact://sha256/${sha256}`, sha256, bytes };
        await sealFile(temporary);
        await this.#keep(temporary, ref, signal);
        return ref;
      });
    } catch (error) {
      await isMoved(temporary, file).catch(() => false);
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** The mark first: a process that ends between the two leaves an artifact that is still there. */
  async release(ref: ArtifactRef, claim?: Fence): Promise<void> {
    const path = this.#objectPath(ref);
    await this.#marks.set(ref, claim?.staging);
    this.#whole.delete(ref.sha256);
    await withStorageErrors(path, () => rm(path, { force: true }));
  }

  async isReleased(ref: ArtifactRef): Promise<boolean> {
    const isThere = await stat(this.#objectPath(ref)).then(
      () => true,
      () => false,
    );
    return !isThere && this.#marks.has(ref);
  }

  async get(ref: ArtifactRef): Promise<Uint8Array> {
    const path = this.#objectPath(ref);
    const content = await withStorageErrors(path, () => readFile(path)).catch((error: unknown) => {
      throw missingOr(error, ref);
    });
    if (createHash('sha256').update(content).digest('hex') !== ref.sha256)
      throw damaged(path, content.length, ref);
    return content;
  }

  async path(ref: ArtifactRef, signal?: AbortSignal): Promise<string> {
    const path = this.#objectPath(ref);
    await withStorageErrors(path, () => this.#check(path, ref, signal)).catch((error: unknown) => {
      throw missingOr(error, ref);
    });
    return path;
  }

  async has(ref: ArtifactRef, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.path(ref, signal);
      return true;
    } catch (error) {
      if (error instanceof StorageError && (error.code === 'missing' || error.code === 'damaged'))
        return false;
      throw error;
    }
  }

  async recall<T>(
    key: string,
    { whole = false, signal }: Wanted & { readonly signal?: AbortSignal } = {},
  ): Promise<{ readonly output: T; readonly at: string } | null> {
    const record = await this.#readAction(key);
    if (record === null) return null;
    for (const ref of artifactsIn(record.output)) {
      if (!(await this.has(ref, signal)) && (whole || !(await this.isReleased(ref)))) return null;
    }
    return { output: record.output as T, at: record.at };
  }

  async fenced<T>(key: string, attempt: Attempt, work: (claim: Fence) => Promise<T>): Promise<T> {
    // other runs may be at the same key
    return claiming(
      this.#claims,
      `${basename(this.#actionPath(key), '.json')}-${canonicalHash(attempt.workflowId).slice(0, 16)}`,
      () => attempt.isAwaited(),
      work,
    );
  }

  async locked<T>(key: string, { signal, onProgress }: Heartbeat, work: () => Promise<T>): Promise<T> {
    const waiting = (seconds: number): void => onProgress({ phase: 'queued', done: seconds, total: 0 });
    return withLock(this.#actionPath(key), work, { silentForMs: stoppedAfterMs, signal, waiting });
  }

  async remember<T>(key: string, remembered: Remembered<T>, claim?: Fence, wanted?: Wanted): Promise<T> {
    const path = this.#actionPath(key);
    const text = textOf(remembered);
    if (await writeFirst(path, text, claim?.staging)) return remembered.output;
    const standing = await this.recall<T>(key, wanted);
    if (standing === null) await writeAtomically(path, text, claim?.staging);
    return standing === null ? remembered.output : standing.output;
  }

  async replace(key: string, remembered: Remembered<unknown>, claim?: Fence): Promise<void> {
    await writeAtomically(this.#actionPath(key), textOf(remembered), claim?.staging);
  }

  /** Removes what killed writers and jobs left behind, when none can be at work on it any more. */
  async sweep(now = Date.now()): Promise<void> {
    for (const folder of [this.#incoming, this.#scratch, this.#claims]) {
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name);
        const found = await stat(path).catch(() => null);
        if (found && now - found.mtimeMs > leftBehindMs) await rm(path, { recursive: true, force: true });
      }
    }
  }

  /** Makes a file of the store's own the artifact, where that is not there yet. */
  async #keep(temporary: string, ref: ArtifactRef, signal?: AbortSignal): Promise<void> {
    if (!((await this.has(ref, signal)) && (await this.#makeYoung(ref)))) await this.#adopt(temporary, ref);
    await this.#marks.takeBack(ref);
  }

  /** So that nobody who collects what is old removes it before it is named anywhere. Whether it was still
   *  there. */
  async #makeYoung(ref: ArtifactRef): Promise<boolean> {
    const now = new Date();
    this.#whole.delete(ref.sha256); // its fingerprint changes: it is read again before it is trusted
    return utimes(this.#objectPath(ref), now, now).then(
      () => true,
      () => false,
    );
  }

  async #adopt(temporary: string, ref: ArtifactRef): Promise<void> {
    const path = this.#objectPath(ref);
    await makeLastingFolder(dirname(path));
    await rename(temporary, path);
    await syncFolder(dirname(path));
    this.#trust(ref, await fingerprint(path));
  }

  /** Reads the file again only where it may have changed since it was whole. */
  async #check(path: string, ref: ArtifactRef, signal?: AbortSignal): Promise<void> {
    const { size } = await stat(path);
    if (size !== ref.bytes) throw damaged(path, size, ref);
    const now = await fingerprint(path);
    if (this.#whole.get(ref.sha256) === now) return;
    if ((await hashOfFile(path, signal)) !== ref.sha256) throw damaged(path, size, ref);
    this.#trust(ref, now);
  }

  #trust({ sha256 }: ArtifactRef, seen: string): void {
    this.#whole.delete(sha256);
    this.#whole.set(sha256, seen);
    if (this.#whole.size > mostTrusted) this.#whole.delete(this.#whole.keys().next().value!);
  }

  async #readAction(key: string): Promise<ActionRecord | null> {
    const path = this.#actionPath(key);
    try {
      return decodeAction(await withStorageErrors(path, () => readFile(path, 'utf8')));
    } catch (error) {
      if (error instanceof StorageError && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  #objectPath({ sha256 }: ArtifactRef): string {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new StorageError(
        `An artifact's name is 64 hexadecimal digits, got "${sha256}".`,
        sha256,
        'missing',
      );
    return join(this.#objects, sha256.slice(0, 2), sha256);
  }

  #actionPath(key: string): string {
    if (!/^[\w-][\w.-]*$/.test(key))
      throw new StorageError(
        `A key is letters, digits, dots, dashes and underscores, got "${key}".`,
        key,
        'missing',
      );
    return join(this.#actions, `${key}.json`);
  }
}

const textOf = (remembered: Remembered<unknown>): string =>
  encodeAction({ ...remembered, at: new Date().toISOString() });

/** Where both places lie on one file system; false where they do not. */
async function isMoved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EXDEV') return false;
    throw error;
  }
}

async function writeHashed(
  temporary: string,
  content: Uint8Array | { readonly file: string },
  signal?: AbortSignal,
): Promise<ArtifactRef> {
  const hash = createHash('sha256');
  let bytes = 0;
  await fillTemporary(temporary, async (handle) => {
    for await (const chunk of content instanceof Uint8Array
      ? [content]
      : (createReadStream(content.file) as AsyncIterable<Uint8Array>)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      await handle.writeFile(chunk);
    }
    await handle.chmod(artifactMode);
  });
  const sha256 = hash.digest('hex');
  return { uri: `artifact://sha256/${sha256}`, sha256, bytes };
}
