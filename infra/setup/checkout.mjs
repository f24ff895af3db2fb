// @ts-check
/** Places in the checkout, or in the installed package, that set-up reads and writes. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {...string} parts */
export const inCheckout = (...parts) => join(root, ...parts);

/** Whether this is the package as npm installs it for another project: its own packages are npm's business
 *  then. The lockfile is no part of a package. */
export const isInstalledPackage = !existsSync(inCheckout('package-lock.json'));

/** Where npm has put a package that we depend on: beside us, where we are installed ourselves.
 *  @param {string} name */
export function packageFolder(name) {
  const own = inCheckout('node_modules', name);
  if (!isInstalledPackage) return own;
  for (let at = root; at !== dirname(at); at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(folder)) return folder;
  }
  return own;
}

export const tfjsPackage = packageFolder('@tensorflow/tfjs-node-gpu');
/** Where tfjs-node looks for its binding. */
export const bindingPlace = join(tfjsPackage, 'lib', 'napi-v8', 'tfjs_binding.node');
/** Of the checkout and not of the cache: two checkouts may stand on different versions. Falls with
 *  node_modules. */
export const manifestFile = inCheckout('node_modules', '.counterflow', 'native.json');
