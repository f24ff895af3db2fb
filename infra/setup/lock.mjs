// @ts-check
/** One set-up at a time on a cache: a lock file that names its holder. A holder that died, or on another
 *  machine stopped touching the file, loses it. Should two hold it after all, nothing breaks: every write to
 *  the cache is atomic. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './progress.mjs';
import { messageOf, SetupError } from './setup-error.mjs';

const touchEveryMs = 5_000;
const staleAfterMs = 60_000;

/** A process id is used again one day; with the time the process began it is not. null: it is gone, or ended
 *  and nobody has reaped it yet.
 *  @param {number} pid */
function processStart(pid) {
  try {
    const [state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 'ZX'.includes(state) ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

/** @param {string} path @returns {{ text: string, pid: number, stale: boolean } | null} */
export function lockHolder(path) {
  try {
    const text = readFileSync(path, 'utf8');
    const { pid, start, host } = JSON.parse(text);
    const silentMs = Date.now() - statSync(path).mtimeMs;
    return { text, pid, stale: host === hostname() ? processStart(pid) !== start : silentMs > staleAfterMs };
  } catch (error) {
    if (error instanceof SyntaxError)
      return { text: '', pid: 0, stale: Date.now() - statSync(path).mtimeMs > touchEveryMs };
    return null;
  }
}

/** @param {string} path @param {string} text */
function take(path, text) {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    // waiting would not help: the folder is read-only, or the disk is full
    throw new SetupError(
      `The cache folder ${dirname(path)} cannot be written (${messageOf(error)}). Free some space, or set COUNTERFLOW_CACHE to a folder that can.`,
    );
  }
}

/** Renaming is atomic: of several that see the same stale lock only one moves it away.
 *  @param {string} path */
function breakLock(path) {
  const moved = `${path}.${process.pid}`;
  try {
    renameSync(path, moved);
    rmSync(moved, { force: true });
  } catch {
    // Somebody else was first.
  }
}

/** Runs `work` as the only holder of the lock at `path`.
 *  @template T
 *  @param {string} path
 *  @param {AbortSignal} signal
 *  @param {() => Promise<T>} work
 *  @returns {Promise<T>} */
export async function withLock(path, signal, work) {
  mkdirSync(dirname(path), { recursive: true });
  const text = JSON.stringify({ pid: process.pid, start: processStart(process.pid), host: hostname() });
  let told = false;
  while (!take(path, text)) {
    const holder = lockHolder(path);
    if (holder?.stale) breakLock(path);
    else {
      if (holder && !told) say(`Waiting for another set-up (process ${holder.pid}) to finish`);
      told = true;
      await sleep(200, undefined, { signal });
    }
  }
  const touch = setInterval(() => existsSync(path) && utimesSync(path, new Date(), new Date()), touchEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    rmSync(path, { force: true });
  }
}
