// @ts-check
/** TensorFlow's C library and headers: from the cache, an existing Python TensorFlow, the pip wheel, or the
 *  official archive. */
import { climb } from './ladder.mjs';
import { say } from './progress.mjs';
import { fromArchive } from './tensorflow-archive.mjs';
import { inCache } from './tensorflow-cache.mjs';
import { fromPython } from './tensorflow-python.mjs';
import { fromWheel } from './tensorflow-wheel.mjs';

/** @typedef {import('./tensorflow-library.mjs').TensorFlow} TensorFlow */

/** @param {boolean} gpu @param {AbortSignal} signal @returns {Promise<TensorFlow>} */
export async function provideTensorFlow(gpu, signal) {
  const found = await climb(
    'TensorFlow',
    [
      { name: 'cache', attempt: async () => inCache(gpu) },
      { name: 'Python', attempt: () => fromPython(gpu, signal) },
      { name: 'pip wheel', attempt: () => fromWheel(gpu, signal) },
      { name: 'official archive', attempt: () => fromArchive(gpu, signal) },
    ],
    'Connect to the network and have Python 3 with pip (`apt-get install python3-pip`), then run the command again.',
    signal,
  );
  say(`TensorFlow: ${found.version} for ${found.gpu ? 'GPU' : 'CPU'} (${found.source})`);
  return found;
}
