// @ts-check
/** TensorFlow in the cache: one folder for each source and device, described by a `tensorflow.json` in it
 *  with paths relative to it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.mjs';
import { tensorflow } from './pins.mjs';
import { SetupError } from './setup-error.mjs';
import { librariesAreWhole, measured } from './tensorflow-library.mjs';

/** @typedef {import('./tensorflow-library.mjs').TensorFlow} TensorFlow
 *  @typedef {'wheel' | 'archive'} Origin */

const versions = { wheel: tensorflow.version, archive: tensorflow.archive.version };

/** @param {Origin} origin @param {boolean} gpu */
export const folderOf = (origin, gpu) =>
  join('tensorflow', `${origin}-${versions[origin]}-${gpu ? 'gpu' : 'cpu'}`);

/** Writes the description of a folder being filled.
 *  @param {string} directory
 *  @param {Omit<TensorFlow, 'libraries'> & { libraries: string[] }} description paths relative to `directory` */
export function describe(directory, description) {
  const libraries = measured(description.libraries.map((path) => join(directory, path))).map(
    ({ bytes }, i) => ({ path: description.libraries[i], bytes }),
  );
  writeFileSync(join(directory, 'tensorflow.json'), JSON.stringify({ ...description, libraries }, null, 2));
}

/** @param {string} directory @returns {TensorFlow} with absolute paths */
export function readDescription(directory) {
  /** @type {TensorFlow} */
  const description = JSON.parse(readFileSync(join(directory, 'tensorflow.json'), 'utf8'));
  const absolute = (/** @type {string} */ path) => join(directory, path);
  return {
    ...description,
    libraries: description.libraries.map(({ path, bytes }) => ({ path: absolute(path), bytes })),
    includeDir: absolute(description.includeDir),
    loaderPath: description.loaderPath.map(absolute),
    toolPath: description.toolPath.map(absolute),
  };
}

/** @param {string} directory */
function whole(directory) {
  try {
    const description = readDescription(directory);
    return librariesAreWhole(description.libraries) ? description : undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? null : undefined;
  }
}

/** The TensorFlow in the cache, or null. A damaged one is removed, and an error says so.
 *  @param {boolean} gpu */
export function inCache(gpu) {
  for (const origin of /** @type {const} */ (['wheel', 'archive'])) {
    const directory = cached(folderOf(origin, gpu));
    const found = whole(directory);
    if (found) return found;
    if (found === undefined) {
      rmSync(directory, { recursive: true, force: true });
      throw new SetupError(`${directory} was damaged and is removed`);
    }
  }
  return null;
}
