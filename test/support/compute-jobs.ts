/** Jobs for the compute process of tests (compute-process.ts). */
import { mleSchema, modelsSchema } from '../../models/fce/config.ts';
import type { JobOf } from '../../infra/compute/protocol.ts';

const entry = new URL('./compute-process.ts', import.meta.url);
export const testEntries = { tensorflow: entry, evaluation: entry };

/** `batchSize`: each point is expected to take 16 kB. */
export function segmentJob(
  behaviour: string,
  toUpdate = 10,
  seed = 1,
  { updates = 1_000_000, batchSize = 1 } = {},
): JobOf<'train-segment'> {
  const config = mleSchema.parse({ method: 'mle', updates, batchSize, flow: { learningRate: 1 } });
  const models = modelsSchema.parse({
    flow: { kind: 'vector', couplings: 10, width: 128 },
    ebm: { kind: 'dense' },
  });
  const spec = { training: behaviour, seed, config, models, dataset: { shape: [2] } };
  const files = { train: '', test: '', checkpoint: null, initialFlow: null };
  return {
    spec,
    fromUpdate: 0,
    toUpdate,
    adjustment: { learningRateScale: 1, noiseStream: 0 },
    files,
  } as unknown as JobOf<'train-segment'>;
}
