/** The job `draw-samples`: what a flow or a generator draws at the moment, as a picture to look at. */
import { join } from 'node:path';
import sharp from 'sharp';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { pixelsOf, type ImageSides } from './image-job.ts';
import { createOnnxRuntime } from './onnx-runtime.ts';
import { quantise } from './pixels.ts';
import { latentsFor, openSampler, type OnnxSampler } from './sampler.ts';

type Job = ComputeJobs['draw-samples'];

const images = { count: 64, batch: 64 };
const points = { count: 40_000, batch: 8192, cells: 256 };

export async function drawSamples(job: Job['job'], context: EvaluationContext): Promise<Job['result']> {
  const runtime = createOnnxRuntime(context.threads);
  try {
    const sampler = await openSampler(job.sampler, runtime, 'the sampler');
    const picture = join(context.scratch, 'samples.png');
    await (job.shape.length === 1
      ? drawPoints(job, sampler, picture, context)
      : drawImages(job, sampler, picture, context));
    return { picture };
  } finally {
    await runtime.release();
  }
}

async function drawImages(
  { shape, seed, evaluation }: Job['job'],
  sampler: OnnxSampler,
  path: string,
  context: EvaluationContext,
): Promise<void> {
  const bytes = new Uint8Array(images.count * pixelsOf(shape));
  await draw(sampler, images, latentsFor(sampler, seed, evaluation.temperature), context, (x, from) =>
    bytes.set(quantise(x), from * pixelsOf(shape)),
  );
  await writeImageGrid(bytes, shape as ImageSides, path);
}

/** Grey levels go with the logarithm of a cell's points: dense places do not hide sparse ones. x2 up; what
 *  lies outside is not drawn. */
async function drawPoints(
  { seed, evaluation: { extent } }: Job['job'],
  sampler: OnnxSampler,
  path: string,
  context: EvaluationContext,
): Promise<void> {
  const { cells } = points;
  const counts = new Uint32Array(cells * cells);
  await draw(sampler, points, latentsFor(sampler, seed, 1), context, (x) => {
    for (let i = 0; i < x.length; i += 2) {
      const [column, row] = [x[i]!, x[i + 1]!].map((value) =>
        Math.floor(((value / extent + 1) / 2) * cells),
      ) as [number, number];
      if (column >= 0 && column < cells && row >= 0 && row < cells)
        counts[(cells - 1 - row) * cells + column]! += 1;
    }
  });
  const most = Math.log1p(counts.reduce((a, b) => Math.max(a, b), 1));
  const grey = Uint8Array.from(counts, (count) => Math.round(255 * (1 - Math.log1p(count) / most)));
  await sharp(grey, { raw: { width: cells, height: cells, channels: 1 } })
    .png()
    .toFile(path);
}

async function draw(
  sampler: OnnxSampler,
  { count, batch }: { readonly count: number; readonly batch: number },
  latents: (count: number) => Float32Array,
  context: EvaluationContext,
  take: (x: Float32Array, from: number) => void,
): Promise<void> {
  await meter('samples', count, context).each(count, batch, async (from, to) =>
    take((await sampler.run(latents(to - from), ['x'])).x, from),
  );
}
