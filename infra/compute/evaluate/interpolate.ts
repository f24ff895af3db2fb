/** Images on the way between two test images, in a flow's latent space. */
import { join } from 'node:path';
import { sphericalInterpolation } from '../../../models/metrics/spherical-interpolation.ts';
import { uniform } from '../../../models/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { openCoders, type Coder } from './coders.ts';
import { sizeOf, type Findings, type ImageJob, type ImageShape } from './image-job.ts';
import { writeImageGrid } from './image-grid.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { dequantise, quantise } from './pixels.ts';

const pairs = 8;
/** Images of a row, its two ends included. */
const steps = 9;

/** Files `interpolation-<flow>.png`: a row for each two test images, from the one to the other. */
export async function interpolate(job: ImageJob, test: Uint8Array, runtime: OnnxRuntime, context: EvaluationContext): Promise<Findings> {
  const coders = await openCoders(job, runtime);
  const ends = test.subarray(0, 2 * Math.min(pairs, Math.floor(test.length / sizeOf(job.shape) / 2)) * sizeOf(job.shape));
  const files: Record<string, string> = {};
  await meter('interpolation', coders.length, context).each(coders.length, 1, async (i) => {
    const coder = coders[i]!;
    const x = dequantise(ends, uniform(job.seed, 'evaluation/interpolation'));
    const drawn = await coder.decode(between(coder, await coder.encode(x)));
    const file = `interpolation-${coder.name}.png`;
    files[file] = join(context.scratch, file);
    await writeImageGrid(quantise(drawn), job.shape as ImageShape, files[file], steps);
  });
  return { results: {}, files };
}

/** Latents of pairs [2 * rows * dim] -> those of the whole rows [rows * steps * dim]. */
function between({ latentDim }: Coder, z: Float32Array): Float32Array {
  const rows = z.length / (2 * latentDim);
  const path = new Float32Array(rows * steps * latentDim);
  for (let at = 0; at < rows * steps; at++) {
    const first = 2 * Math.floor(at / steps) * latentDim;
    const [a, b] = [z.subarray(first, first + latentDim), z.subarray(first + latentDim, first + 2 * latentDim)];
    path.set(sphericalInterpolation(a, b, (at % steps) / (steps - 1)), at * latentDim);
  }
  return path;
}
