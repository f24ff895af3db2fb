// @ts-check
/** The `temporal` program, which holds the dev server: on the PATH, in the cache, the official archive, or
 *  built with Go. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillOnce } from './cache.mjs';
import { command, which } from './command.mjs';
import { download } from './download.mjs';
import { climb } from './ladder.mjs';
import { temporal } from './pins.mjs';
import { during, say } from './progress.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {{ path: string, version: string, source: string }} Temporal */

const folder = `temporal-${temporal.version}`;

/** Asks a program for its version. Throws SetupError if it does not run or is too old.
 *  @param {string} path
 *  @param {AbortSignal} signal */
export async function temporalVersion(path, signal) {
  const { stdout } = await command(path, ['--version'], { timeoutMs: 60_000, signal });
  const version = /temporal version (\d+)\.(\d+)\.\S+/.exec(stdout);
  if (!version) throw new SetupError(`${path} does not say its version: ${stdout.slice(0, 80)}`);
  const [minMajor = 0, minMinor = 0] = temporal.minimum;
  const [major, minor] = [Number(version[1]), Number(version[2])];
  // A user's own build from source may not know its version.
  if (version[0].endsWith('-DEV')) return version[0].replace('temporal version ', '');
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    throw new SetupError(`${path} is ${version[0]}, older than ${temporal.minimum.join('.')}`);
  }
  return version[0].replace('temporal version ', '');
}

/** @param {string} path @param {string} source @param {AbortSignal} signal @returns {Promise<Temporal>} */
const described = async (path, source, signal) => ({
  path,
  version: await temporalVersion(path, signal),
  source,
});

/** @param {AbortSignal} signal */
async function onPath(signal) {
  const path = which('temporal');
  return path ? described(path, 'PATH', signal) : null;
}

/** @param {AbortSignal} signal */
async function inCache(signal) {
  const path = cached(folder, 'temporal');
  if (!existsSync(path)) return null;
  try {
    return await described(path, 'cache', signal);
  } catch (error) {
    // The rungs below fill the same folder.
    if (!signal.aborted) rmSync(cached(folder), { recursive: true, force: true });
    throw error;
  }
}

/** @param {AbortSignal} signal */
async function fromArchive(signal) {
  const directory = await fillOnce(folder, async (temporary) => {
    const archive = join(temporary, 'archive.tar.gz');
    await download(temporal.archive, archive, { signal, sha256: temporal.sha256 });
    await command('tar', ['-xzf', archive, '-C', temporary, 'temporal'], { timeoutMs: 60_000, signal });
    await temporalVersion(join(temporary, 'temporal'), signal);
  });
  return described(join(directory, 'temporal'), 'official archive', signal);
}

/** @param {AbortSignal} signal */
async function byGo(signal) {
  if (!which('go')) throw new SetupError('`go` is not on the PATH');
  say(
    "Temporal: building it with Go (about 3 minutes on 2 cores, and 6.5 GB of disk for Go's modules and build cache; `go clean -cache -modcache` frees it)",
  );
  const directory = await fillOnce(folder, async (temporary) => {
    const bin = join(temporary, 'bin');
    // A build from source calls itself 0.0.0-DEV unless it is told its version.
    const named = `-ldflags=-X ${temporal.goVersionVariable}=${temporal.version}`;
    const build = command('go', ['install', named, temporal.goPackage], {
      timeoutMs: 1_800_000,
      signal,
      env: { ...process.env, GOBIN: bin },
    });
    await during('Temporal: building', build);
    renameSync(join(bin, 'temporal'), join(temporary, 'temporal'));
    await temporalVersion(join(temporary, 'temporal'), signal);
  });
  return described(join(directory, 'temporal'), 'go install', signal);
}

/** @param {AbortSignal} signal */
export async function provideTemporal(signal) {
  const found = await climb(
    'Temporal',
    [
      { name: 'on the PATH', attempt: onPath },
      { name: 'cache', attempt: inCache },
      { name: 'official archive', attempt: fromArchive },
      { name: 'go install', attempt: byGo },
    ],
    'Connect to the network, or install Go (`apt-get install golang-go`, 1.23 or later) or the Temporal CLI 1.0 or later, then run the command again.',
    signal,
  );
  say(`Temporal: ${found.version} (${found.source})`);
  return found;
}
