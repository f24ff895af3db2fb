// @ts-check
/** tfjs-node's binding: its two C++ files compiled against the TensorFlow that was found, kept in the cache,
 *  checked by loading it once. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fillOnce } from './cache.mjs';
import { bindingPlace, inCheckout, packageFolder, tfjsPackage } from './checkout.mjs';
import { command, which } from './command.mjs';
import { during, say } from './progress.mjs';
import { messageOf, SetupError } from './setup-error.mjs';

/** @typedef {import('./tensorflow-library.mjs').TensorFlow} TensorFlow
 *  @typedef {{ path: string, sha256: string, compiler: string, tensorflowVersion: string }} Binding */

/** @param {string | Uint8Array} content */
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

/** @param {string} path */
export const sha256OfFile = (path) => sha256(readFileSync(path));

/** Through it a session takes options, which the binding has no way to ask for. */
const sessionOptions = inCheckout('infra', 'setup', 'session-options.h');

/** @param {TensorFlow} tensorflow @param {string} output */
function compilerArguments({ libraries, includeDir }, output) {
  const source = join(tfjsPackage, 'binding');
  const library = dirname(libraries[0]?.path ?? '');
  return [
    '-O2',
    '-std=c++17',
    '-fPIC',
    '-shared',
    '-DNAPI_VERSION=8',
    '-DBUILDING_NODE_EXTENSION',
    '-I',
    join(packageFolder('node-api-headers'), 'include'),
    '-I',
    includeDir,
    '-I',
    tfjsPackage,
    '-include',
    sessionOptions,
    join(source, 'tfjs_backend.cc'),
    join(source, 'tfjs_binding.cc'),
    ...libraries.map(({ path }) => path),
    `-Wl,-rpath,${library}`,
    '-o',
    output,
  ];
}

/** What a compiled binding depends on. @param {TensorFlow} tensorflow @param {string} compiler */
function bindingKey(tensorflow, compiler) {
  const source = join(tfjsPackage, 'binding');
  const sources = readdirSync(source)
    .sort()
    .map((name) => [name, sha256OfFile(join(source, name))]);
  return sha256(
    JSON.stringify([
      sources,
      sha256OfFile(sessionOptions),
      compiler,
      tensorflow.version,
      tensorflow.libraries,
      compilerArguments(tensorflow, ''),
    ]),
  ).slice(0, 16);
}

/** Where the CUDA libraries are, for a process that loads TensorFlow.
 *  @param {Pick<TensorFlow, 'loaderPath' | 'toolPath'>} tensorflow
 *  @returns {Record<string, string>} */
export function loaderEnvironment({ loaderPath, toolPath }) {
  const { LD_LIBRARY_PATH, PATH } = process.env;
  return {
    ...(loaderPath.length
      ? { LD_LIBRARY_PATH: [...loaderPath, LD_LIBRARY_PATH].filter(Boolean).join(':') }
      : {}),
    ...(toolPath.length ? { PATH: [...toolPath, PATH].filter(Boolean).join(':') } : {}),
  };
}

/** Loads a binding in a process of its own and asks for TensorFlow's version.
 *  @param {string} path
 *  @param {TensorFlow} tensorflow
 *  @param {AbortSignal} signal */
async function loadedVersion(path, tensorflow, signal) {
  const { stdout } = await command(process.execPath, ['-p', `require(${JSON.stringify(path)}).TF_Version`], {
    timeoutMs: 120_000,
    signal,
    env: { ...process.env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '2', ...loaderEnvironment(tensorflow) },
  });
  return stdout.trim();
}

/** @param {TensorFlow} tensorflow @param {string} output @param {AbortSignal} signal */
async function compile(tensorflow, output, signal) {
  say('Binding: compiling it with g++');
  await during(
    'Binding: compiling',
    command('g++', compilerArguments(tensorflow, output), { timeoutMs: 600_000, signal }),
  );
  const version = await loadedVersion(output, tensorflow, signal);
  if (version !== tensorflow.version)
    throw new SetupError(
      `it reports TensorFlow ${version || 'of no version'}, expected ${tensorflow.version}`,
    );
}

/** A file that others may be loading is replaced, never written over. @param {string} path */
function place(path) {
  mkdirSync(dirname(bindingPlace), { recursive: true });
  const temporary = `${bindingPlace}.${process.pid}`;
  copyFileSync(path, temporary);
  renameSync(temporary, bindingPlace);
}

/** Asked first, so that nobody waits for downloads to hear of it. */
export function checkCompiler() {
  if (!which('g++'))
    throw new SetupError(
      "g++ is missing; it compiles tfjs-node's binding to TensorFlow. Install it (`apt-get install g++`), then run the command again.",
    );
}

/** @param {TensorFlow} tensorflow @param {AbortSignal} signal @returns {Promise<Binding>} */
export async function provideBinding(tensorflow, signal) {
  const compiler =
    (await command('g++', ['--version'], { timeoutMs: 60_000, signal })).stdout.split('\n')[0] ?? '';
  const directory = await fillOnce(join('binding', bindingKey(tensorflow, compiler)), (temporary) =>
    compile(tensorflow, join(temporary, 'tfjs_binding.node'), signal),
  ).catch((error) => {
    if (signal.aborted) throw error;
    throw new SetupError(
      `The TensorFlow binding could not be built: ${messageOf(error)} Check that g++ is whole (\`apt-get install --reinstall g++\`), then run the command again.`,
    );
  });
  place(join(directory, 'tfjs_binding.node'));
  say(`Binding: in place, loads TensorFlow ${tensorflow.version}`);
  return {
    path: bindingPlace,
    sha256: sha256OfFile(bindingPlace),
    compiler,
    tensorflowVersion: tensorflow.version,
  };
}
