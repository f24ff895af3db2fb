/** Threads as a training of images has them, set before TensorFlow is loaded: shares of the batch side by
 *  side. */
import { availableParallelism } from 'node:os';
import { computeEnvironment } from '../compute/compute-environment.ts';

export const threads = availableParallelism();

for (const [name, value] of Object.entries(
  computeEnvironment({ kind: 'tensorflow', threads, shards: threads }),
)) {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
