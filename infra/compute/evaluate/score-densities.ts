/** Bits per dimension of the test images under every model with a density. */
import { bitsPerDim } from '../../../models/metrics/bits-per-dim.ts';
import { uniform } from '../../../models/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { sizeOf, type ImageJob } from './image-job.ts';
import type { OnnxModel, OnnxRuntime } from './onnx-runtime.ts';
import { dequantise } from './pixels.ts';

const batch = 64;

/** `bitsPerDim.<model>`: the mean over the test images, with the same dequantisation noise for every model. */
export async function scoreDensities({ models, shape, seed }: ImageJob, test: Uint8Array, runtime: OnnxRuntime, context: EvaluationContext): Promise<Record<string, number>> {
  const dim = sizeOf(shape);
  const count = test.length / dim;
  const noise = uniform(seed, 'evaluation/dequantisation');
  const opened: { name: string; model: OnnxModel; sum: number }[] = [];
  for (const [name, path] of Object.entries(models)) opened.push({ name, model: await runtime.open(path), sum: 0 });
  await meter('density', count, context).each(count, batch, async (from, to) => {
    const x = dequantise(test.subarray(from * dim, to * dim), noise);
    for (const entry of opened) {
      const { log_prob } = await entry.model.run(x, [to - from, ...shape], ['log_prob']);
      entry.sum = log_prob.reduce((sum, logProb) => sum + bitsPerDim(logProb, dim), entry.sum);
    }
  });
  return Object.fromEntries(opened.map(({ name, sum }) => [`bitsPerDim.${name}`, sum / count]));
}
