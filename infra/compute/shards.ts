/** How a training uses its threads: shares of a batch side by side with a thread each, or all threads in
 *  every op. */
import type { TrainingConfig } from '../../models/training-schema.ts';
import { setUpOrNull } from '../setup/setup-state.ts';

/** More would record and load a graph as many times larger. */
const most = 16;

/** Shares that a batch is computed in; a number of the configuration, the threads and the device, all of
 *  which keys tell. On a GPU, for points, whose ops are small, and for a GAN, whose batches are normalised
 *  whole, all threads work on one. */
export function shardsOf(
  config: TrainingConfig,
  shape: readonly number[],
  threads: number,
  gpu = setUpOrNull()?.tensorflow.gpu === true,
): number {
  if (config.shards !== null) return config.shards;
  if (gpu || shape.length !== 3 || config.method === 'gan') return 1;
  const size = config.microBatch ?? config.batchSize;
  const divisors = Array.from({ length: Math.min(threads, most) }, (_, i) => i + 1).filter(
    (count) => size % count === 0,
  );
  return divisors.at(-1) ?? 1;
}
