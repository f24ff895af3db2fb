// @ts-check
/** Places in the checkout that set-up reads and writes. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {...string} parts */
export const inCheckout = (...parts) => join(root, ...parts);

export const tfjsPackage = inCheckout('node_modules', '@tensorflow', 'tfjs-node-gpu');
/** Where tfjs-node looks for its binding. */
export const bindingPlace = join(tfjsPackage, 'lib', 'napi-v8', 'tfjs_binding.node');
/** Of the checkout and not of the cache: two checkouts may stand on different versions. Falls with
 *  node_modules. */
export const manifestFile = inCheckout('node_modules', '.counterflow', 'native.json');
