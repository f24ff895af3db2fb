// @ts-check
/** TensorFlow from its pip wheel: only the C libraries and the headers the binding needs are unpacked; on a
 *  GPU the CUDA libraries too. */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fillOnce } from './cache.mjs';
import { inCheckout } from './checkout.mjs';
import { command } from './command.mjs';
import { tensorflow } from './pins.mjs';
import { during, say } from './progress.mjs';
import { pythonWithPip } from './python.mjs';
import { describe, folderOf, readDescription } from './tensorflow-cache.mjs';
import { cudaFolders } from './tensorflow-library.mjs';

/** Unpacks the members of wheels whose names match a pattern. Arguments: pattern, folder, wheels. */
const unpackScript = `
import re, sys, zipfile
pattern, folder, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if re.match(pattern, name)])
`;

const members = [
  'tensorflow/libtensorflow_(cc|framework)\\.so\\.2$',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/(xla/)?tsl/(c/|platform/ctstring)',
  'nvidia/[^/]+/(lib|bin|nvvm)/',
].join('|');

/** A zip file read so loses the executable bit. @param {string} folder */
const makeExecutable = (folder) =>
  readdirSync(folder).forEach((name) => chmodSync(join(folder, name), 0o755));

/** @param {string} directory @param {boolean} gpu @param {AbortSignal} signal */
async function unpackWheels(directory, gpu, signal) {
  const python = await pythonWithPip(signal);
  say(
    `TensorFlow: downloading the wheel ${gpu ? 'and its CUDA libraries (about 3 GB)' : '(274 MB)'} with pip`,
  );
  const wheels = join(directory, 'wheels');
  mkdirSync(wheels);
  const download = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '--no-cache-dir',
    '--progress-bar',
    'off',
    ...tensorflow.wheelTarget,
    '--dest',
    wheels,
    '--requirement',
    inCheckout('infra', 'setup', `tensorflow-${gpu ? 'gpu' : 'cpu'}.txt`),
  ];
  await during('TensorFlow: downloading', command(python, download, { timeoutMs: 1_800_000, signal }));
  const files = readdirSync(wheels).map((name) => join(wheels, name));
  await command(python, ['-c', unpackScript, members, directory, ...files], { timeoutMs: 600_000, signal });
  rmSync(wheels, { recursive: true });
}

/** @param {boolean} gpu @param {AbortSignal} signal */
export async function fromWheel(gpu, signal) {
  const directory = await fillOnce(folderOf('wheel', gpu), async (temporary) => {
    await unpackWheels(temporary, gpu, signal);
    const nvidia = join(temporary, 'nvidia');
    cudaFolders(nvidia, 'bin').forEach(makeExecutable);
    const relative = (/** @type {string} */ path) => path.slice(temporary.length + 1);
    describe(temporary, {
      version: tensorflow.version,
      source: 'pip wheel',
      gpu,
      includeDir: 'tensorflow/include',
      libraries: ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'],
      loaderPath: cudaFolders(nvidia, 'lib').map(relative),
      toolPath: cudaFolders(nvidia, 'bin').map(relative),
    });
  });
  return readDescription(directory);
}
