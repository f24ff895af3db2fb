/** Images on the way between two test images, in a flow's latent space. */
import { join } from 'node:path';
import { sphericalInterpolation } from '../../../models/metrics/spherical-interpolation.ts';
import { uniform } from '../../../models/core/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { openCoders } from './coders.ts';
import { pixelsOf, type Findings, type ImageJob, type ImageSides } from './image-job.ts';
import type { Images } from './images.ts';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { dequantiseFixed, quantise } from './pixels.ts';

const pairs = 8;
/** Images of a row, its two ends included. */
const steps = 9;

/** Files `interpolation-<flow>.png`: a row for each two test images, from the one to the other. */
export async function interpolate(
  job: ImageJob,
  test: Images,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Findings> {
  const dim = pixelsOf(job.shape);
  const rows = Math.min(pairs, Math.floor(test.count / 2));
  const coders = await openCoders(job, runtime);
  const progress = meter('interpolation', coders.length * rows, context);
  const files: Record<string, string> = {};
  for (const coder of coders) {
    const noise = uniform(job.seed, 'evaluation/interpolation');
    const drawn = new Uint8Array(rows * steps * dim);
    await progress.each(rows, 1, async (row) => {
      const ends = dequantiseFixed(test.read(2 * row, 2 * (row + 1)), noise);
      drawn.set(quantise(await coder.decode(between(await coder.encode(ends)))), row * steps * dim);
    });
    const file = `interpolation-${coder.name}.png`;
    files[file] = join(context.scratch, file);
    await writeImageGrid(drawn, job.shape as ImageSides, files[file], steps);
  }
  return { results: {}, files };
}

/** Two latents, one after the other -> those of a row, their own first and last. */
function between(z: Float32Array): Float32Array {
  const [a, b] = [z.subarray(0, z.length / 2), z.subarray(z.length / 2)];
  const path = new Float32Array(steps * a.length);
  for (let step = 0; step < steps; step++)
    path.set(sphericalInterpolation(a, b, step / (steps - 1)), step * a.length);
  return path;
}
