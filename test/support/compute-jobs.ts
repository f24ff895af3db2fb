/** Jobs for the compute process of tests (compute-process.ts). */
import type { JobOf } from '../../infra/compute/protocol.ts';

const entry = new URL('./compute-process.ts', import.meta.url);
export const testEntries = { tensorflow: entry, evaluation: entry };

export function segmentJob(behaviour: string, toUpdate = 10, seed = 1): JobOf<'train-segment'> {
  const spec = { training: behaviour, seed, config: { shards: null }, dataset: { shape: [2] } };
  return { spec, fromUpdate: 0, toUpdate } as unknown as JobOf<'train-segment'>;
}
