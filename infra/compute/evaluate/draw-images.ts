/** Samples of the models as images, from the same latent draws where the latents have the same dimension. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { pixelsOf } from './image-job.ts';
import { keptImages, type Images, type OpenImages } from './images.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { quantise } from './pixels.ts';
import { latentsFor, openSampler } from './sampler.ts';

export interface DrawnImages {
  readonly images: Images;
  /** Samples with a value that is no finite number. */
  readonly nonFinite: number;
  /** Largest finite |x|; images of the data have at most 1/2. */
  readonly maxAbs: number;
}

const batch = 64;

/** By name of the sampler. Latents are N(0, temperature^2 I). The images are kept in files that are added to
 *  `opened`. */
export async function drawImages(
  { samplers, shape, seed, evaluation }: ComputeJobs['evaluate-images']['job'],
  runtime: OnnxRuntime,
  context: EvaluationContext,
  opened: OpenImages[],
): Promise<Record<string, DrawnImages>> {
  const { samples, temperature } = evaluation;
  const progress = meter('samples', samples * Object.keys(samplers).length, context);
  const dim = pixelsOf(shape);
  const drawn: Record<string, DrawnImages> = {};
  for (const [name, path] of Object.entries(samplers)) {
    const sampler = await openSampler(path, runtime, name);
    const next = latentsFor(sampler, seed, temperature);
    const tally = { nonFinite: 0, maxAbs: 0 };
    const images = await keptImages(join(context.scratch, `drawn-${name}`), shape, (add) =>
      progress.each(samples, batch, async (from, to) => {
        const { x } = await sampler.run(next(to - from), ['x']);
        await add(quantise(x));
        tally.maxAbs = x.reduce(
          (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
          tally.maxAbs,
        );
        for (let i = 0; i < x.length; i += dim)
          if (!x.subarray(i, i + dim).every(Number.isFinite)) tally.nonFinite += 1;
      }),
    );
    opened.push(images);
    drawn[name] = { images, ...tally };
  }
  return drawn;
}
