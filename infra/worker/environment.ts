/** For the record of a run: which code on which machine. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hardware } from './hardware.ts';
import { ownVersion, packageVersion } from '../setup/package-version.ts';
import { setUpOrNull } from '../setup/setup-state.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const packages = ['@tensorflow/tfjs', 'onnxruntime-node', '@temporalio/worker', 'sharp', 'zod'];

export async function describeEnvironment(): Promise<Readonly<Record<string, unknown>>> {
  const native = setUpOrNull();
  const lockfile = await readFile(new URL('../../package-lock.json', import.meta.url)).catch(() => null);
  return {
    ...(await describeGit()),
    lockfileSha256: lockfile && createHash('sha256').update(lockfile).digest('hex'),
    versions: {
      counterflow: ownVersion,
      node: process.versions.node,
      tensorflow: native?.tensorflow.version ?? null,
      temporalServer: native?.temporal.version ?? null,
      ...Object.fromEntries(packages.map((name) => [name, packageVersion(name)])),
    },
    hardware: hardware(),
  };
}

/** null where this is no git checkout. `gitDirty`: tracked files differ from the commit. */
async function describeGit(): Promise<{ gitCommit: string | null; gitDirty: boolean | null }> {
  try {
    const git = async (...words: string[]) => (await run('git', ['-C', checkout, ...words])).stdout.trim();
    return {
      gitCommit: await git('rev-parse', 'HEAD'),
      gitDirty: (await git('status', '--porcelain', '--untracked-files=no')) !== '',
    };
  } catch {
    return { gitCommit: null, gitDirty: null };
  }
}
