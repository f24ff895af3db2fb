/** Bits per dimension of the test images under every model with a density. */
import { bitsPerDim } from '../../../models/metrics/bits-per-dim.ts';
import { median } from '../../../models/metrics/median.ts';
import { uniform } from '../../../models/core/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { pixelsOf, type ImageJob } from './image-job.ts';
import type { Images } from './images.ts';
import type { OnnxSession, OnnxRuntime } from './onnx-runtime.ts';
import { dequantiseFixed } from './pixels.ts';

const batch = 64;

/** `bitsPerDim.<model>`: the mean over the test images, with the same dequantisation noise for every model.
 *  Beside it `bitsPerDim.median.<model>` and `bitsPerDim.worst.<model>`: under a flow that is young, or
 *  drives its samples far, a few images can decide the mean. */
export async function scoreDensities(
  { models, shape, seed }: ImageJob,
  test: Images,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Record<string, number>> {
  const dim = pixelsOf(shape);
  const { count } = test;
  const noise = uniform(seed, 'evaluation/dequantisation');
  const opened: { name: string; model: OnnxSession; bits: Float64Array }[] = [];
  for (const [name, path] of Object.entries(models))
    opened.push({ name, model: await runtime.open(path, { model: name }), bits: new Float64Array(count) });
  await meter('density', count, context).each(count, batch, async (from, to) => {
    const x = dequantiseFixed(test.read(from, to), noise);
    for (const entry of opened) {
      const { log_prob } = await entry.model.run(x, [to - from, ...shape], ['log_prob']);
      log_prob.forEach((logProb, i) => {
        entry.bits[from + i] = bitsPerDim(logProb, dim);
      });
    }
  });
  return Object.fromEntries(
    opened.flatMap(({ name, bits }) => [
      [`bitsPerDim.${name}`, bits.reduce((sum, one) => sum + one, 0) / count],
      [`bitsPerDim.median.${name}`, median(bits)],
      [`bitsPerDim.worst.${name}`, bits.reduce((worst, one) => Math.max(worst, one), -Infinity)],
    ]),
  );
}
