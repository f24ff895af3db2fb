// @ts-check
/** A TensorFlow that is already installed for Python, looked at without importing it (which takes
 *  seconds). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from './command.mjs';
import { tensorflow } from './pins.mjs';
import { python } from './python.mjs';
import { SetupError } from './setup-error.mjs';
import { cudaFolders, measured } from './tensorflow-library.mjs';

/** Prints [folder, version, package name] of TensorFlow, or null. */
const findScript = `
import importlib.metadata, importlib.util, json
spec = importlib.util.find_spec('tensorflow')
found = None
for name in ('tensorflow', 'tensorflow-cpu'):
    try:
        found = [list(spec.submodule_search_locations)[0], importlib.metadata.version(name), name]
        break
    except Exception:
        pass
print(json.dumps(found))
`;

/** @param {boolean} gpu
 *  @param {AbortSignal} signal
 *  @returns {Promise<import('./tensorflow-library.mjs').TensorFlow | null>} */
export async function fromPython(gpu, signal) {
  const program = python();
  if (!program) return null;
  const { stdout } = await command(program, ['-c', findScript], { timeoutMs: 120_000, signal });
  /** @type {[string, string, string] | null} */
  const found = JSON.parse(stdout);
  if (!found) return null;
  const [directory, version, name] = found;
  if (!tensorflow.compatible.test(version))
    throw new SetupError(`its TensorFlow ${version} is outside 2.16 to 2.21`);
  const paths = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((file) =>
    join(directory, file),
  );
  const missing = [...paths, join(directory, 'include', 'tensorflow', 'c', 'c_api.h')].find(
    (path) => !existsSync(path),
  );
  if (missing) throw new SetupError(`its TensorFlow ${version} lacks ${missing}`);
  const nvidia = join(dirname(directory), 'nvidia');
  if (gpu && (name === 'tensorflow-cpu' || !existsSync(nvidia)))
    throw new SetupError(`its TensorFlow ${version} has no GPU support`);
  return {
    version,
    source: `Python package ${name}`,
    gpu,
    libraries: measured(paths),
    includeDir: join(directory, 'include'),
    loaderPath: gpu ? cudaFolders(nvidia, 'lib') : [],
    toolPath: gpu ? cudaFolders(nvidia, 'bin') : [],
  };
}
