// @ts-check
/** Files from a web address: an answer within seconds or an error, whole and checked or absent. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fetchByEnvironment } from './proxy.mjs';
import { messageOf, SetupError } from './setup-error.mjs';

/** Downloads `url` to `file`. Throws SetupError without an answer in `answerMs`, after `stallMs` without a
 *  byte, or on another checksum.
 *  @param {string} url
 *  @param {string} file
 *  @param {{ signal: AbortSignal, sha256?: string, answerMs?: number, stallMs?: number }} options */
export async function download(url, file, { signal, sha256, answerMs = 10_000, stallMs = 20_000 }) {
  const patience = new AbortController();
  const giveUp = () => patience.abort(new SetupError('no answer in time'));
  let timer = setTimeout(giveUp, answerMs);
  const hash = createHash('sha256');
  const watch = new Transform({
    transform(chunk, _encoding, done) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, stallMs);
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await fetchByEnvironment(url, { signal: AbortSignal.any([signal, patience.signal]) });
    if (!response.ok || !response.body) throw new SetupError(`answered ${response.status}`);
    await pipeline(Readable.fromWeb(/** @type {any} */ (response.body)), watch, createWriteStream(file));
    const found = hash.digest('hex');
    if (sha256 && found !== sha256) throw new SetupError(`SHA-256 is ${found}, expected ${sha256}`);
  } catch (error) {
    await rm(file, { force: true });
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
    throw new SetupError(`${new URL(url).host}: ${messageOf(error)}${cause}`);
  } finally {
    clearTimeout(timer);
  }
}
