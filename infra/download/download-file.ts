/** One large file from the web: resumed where it broke off, checked against its SHA-256, and never half there
 *  under its own name. What has come is kept in `<path>.part`, and beside it in `<path>.part.json` the
 *  server's mark of that version (RFC 9110: Range, If-Range). */
import { access, constants, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { standIn, firstBytes } from '../../activities/formats/foreign-form.ts';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import { StorageError } from '../../activities/ports/errors.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { fetchByEnvironment } from '../setup/proxy.mjs';
import { syncFolder } from '../store/atomic-write.ts';
import { hashOfFile } from '../store/hash-of-file.ts';
import { withLock } from '../store/lock.ts';

export interface OfficialFile {
  readonly name: string;
  /** The same bytes at each; one that does not answer is followed by the next. */
  readonly urls: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
  readonly answerMs?: number;
  /** Longest silence in the middle of the file. */
  readonly stallMs?: number;
  /** Wait before going on after a broken connection. */
  readonly pauseMs?: number;
}

/** No address gave the file; the message says what each did. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
}

/** Does nothing where a file of the official length is there already; overwrites none of another. A
 *  connection that breaks is taken up again as long as each brings something. One process of this machine at
 *  a time: a second would write into the part that the first has checked. Throws DownloadError, StorageError;
 *  what has come so far stays, for the next time. */
export async function downloadFile(
  file: OfficialFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { signal, onProgress } = options;
  const waiting = (): void => void sizeOf(`${path}.part`).then((bytes) => onProgress(bytes ?? 0));
  await withLock(`download of ${path}`, () => downloadAlone(file, path, options), { signal, waiting }).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      throw error;
    },
  );
}

async function downloadAlone(file: OfficialFile, path: string, options: DownloadOptions): Promise<void> {
  const there = await sizeOf(path);
  if (there === file.bytes) return;
  if (there !== null)
    throw new DownloadError(
      `Expected ${path} to be absent or to have the ${file.bytes} bytes of the official file, but it `
        + `has ${there}: move it away.`,
    );
  await withStorageErrors(path, async () => {
    await makeFolder(dirname(path));
    await access(dirname(path), constants.W_OK);
  });
  const failures: string[] = [];
  for (const url of file.urls) {
    try {
      await downloadFrom(url, file, path, options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (error instanceof StorageError) throw error;
      failures.push(`${new URL(url).host}: ${describe(error)}`);
    }
  }
  throw new DownloadError(`Expected to download ${basename(path)}, but ${failures.join('; ')}.`);
}

async function downloadFrom(
  url: string,
  file: OfficialFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { signal, pauseMs = 1000 } = options;
  const part = `${path}.part`;
  for (let before = (await sizeOf(part)) ?? 0; before !== file.bytes;) {
    const broken = await request(url, file, path, before, options).then(
      () => null,
      (error: Error) => error,
    );
    signal.throwIfAborted();
    if (broken instanceof StorageError) throw broken;
    const now = (await sizeOf(part)) ?? 0;
    if (now > file.bytes) await discard(path);
    if (now > file.bytes) throw new Error(`it sent more than the ${file.bytes} bytes of the official file`);
    if (now === file.bytes) break;
    if (broken instanceof Refusal || now <= before)
      throw (
        broken ?? new Error(`it sent nothing more after ${now} of ${file.bytes} bytes${await asIf(part)}`)
      );
    before = now;
    await pause(pauseMs, undefined, { signal });
  }
  await accept(file, path);
}

/** An answer that asking again will not change. */
class Refusal extends Error {}

interface Mark {
  readonly url: string;
  readonly validator: string | null;
}

/** One connection: appends what it brings to the part, or begins it anew where the server does not go on. */
async function request(
  url: string,
  file: OfficialFile,
  path: string,
  have: number,
  { signal, onProgress, answerMs = 10_000, stallMs = 30_000 }: DownloadOptions,
): Promise<void> {
  const patience = new AbortController();
  const giveUp = (): void => patience.abort(new Error('no answer in time'));
  let timer = setTimeout(giveUp, answerMs);
  try {
    const response = await fetchByEnvironment(url, {
      headers: await rangeHeaders(url, path, have),
      signal: AbortSignal.any([signal, patience.signal]),
    });
    const start = placeOf(response, have, file.bytes);
    const handle = await withStorageErrors(
      path,
      async () => {
        await writeMark(path, { url, validator: validatorOf(response) });
        return open(`${path}.part`, start === 0 ? 'w' : 'a');
      },
      file.bytes - start,
    );
    try {
      let at = start;
      for await (const chunk of response.body!) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, stallMs);
        // all of it, where a disk takes it in pieces
        await withStorageErrors(path, () => handle.appendFile(chunk as Uint8Array), file.bytes - at);
        onProgress((at += chunk.length));
        if (at > file.bytes) return;
      }
    } finally {
      await handle.sync();
      await handle.close();
    }
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}

/** Only what the same address marked as the same version is gone on with. */
async function rangeHeaders(url: string, path: string, have: number): Promise<Record<string, string>> {
  const encoding = { 'accept-encoding': 'identity' };
  if (have === 0) return encoding;
  const mark = await readFile(`${path}.part.json`, 'utf8').then(
    (text) => JSON.parse(text) as Mark,
    () => null,
  );
  if (mark?.url !== url || mark.validator === null) return encoding;
  return { ...encoding, range: `bytes=${have}-`, 'if-range': mark.validator };
}

/** Strong validators only: a weak one does not promise the same bytes. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

/** Where the answer's bytes belong. */
function placeOf(response: Response, have: number, bytes: number): number {
  if (!response.body || (response.status !== 200 && response.status !== 206))
    throw new Refusal(`it answered ${response.status}`);
  // What fetch has unpacked on the way has other bytes, and another length, than what is asked for.
  const type = response.headers.get('content-type') ?? '';
  // before the part is touched: a network that wants a login answers every address with a page
  if (type.startsWith('text/html')) throw new Refusal('it answered with a web page in place of the file');
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new Refusal(`it sent the file encoded as ${encoding}, though asked for it as it is`);
  if (response.status === 200) return 0;
  const [, start, total] =
    /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (Number(start) !== have || (total !== '*' && Number(total) !== bytes))
    throw new Refusal(
      `it answered with ${response.headers.get('content-range')} in place of bytes ${have} on of ${bytes}`,
    );
  return have;
}

const writeMark = (path: string, mark: Mark): Promise<void> =>
  writeFile(`${path}.part.json`, JSON.stringify(mark));

/** Checks the whole part and gives it its name. */
async function accept({ sha256 }: OfficialFile, path: string): Promise<void> {
  const found = await hashOfFile(`${path}.part`);
  if (found !== sha256) {
    const kind = await asIf(`${path}.part`);
    await discard(path);
    throw new Refusal(
      `it sent a file whose SHA-256 is ${found}, and the official file's is ${sha256}${kind}`,
    );
  }
  await rename(`${path}.part`, path);
  await rm(`${path}.part.json`, { force: true });
  await syncFolder(dirname(path));
}

/** What came, where it is something else altogether. */
async function asIf(part: string): Promise<string> {
  const form = await firstBytes(part).then(standIn, () => null);
  return form ? `: it is ${form.what}` : '';
}

async function discard(path: string): Promise<void> {
  await rm(`${path}.part`, { force: true });
  await rm(`${path}.part.json`, { force: true });
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

/** fetch hides what went wrong in causes. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${(error as Error).message} (${cause.message})` : (error as Error).message;
}
