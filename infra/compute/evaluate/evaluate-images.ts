/** Evaluation on images: densities, samples and their distances from the data, and the pictures that go with
 *  them. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import type { EvaluationContext } from './batches.ts';
import { drawImages, type DrawnImages } from './draw-images.ts';
import { drawTemperatures } from './draw-temperatures.ts';
import { estimateNormalizers } from './estimate-normalizers.ts';
import { findNeighbours } from './find-neighbours.ts';
import type { Findings, ImageJob, ImageSides } from './image-job.ts';
import { writeImageGrid } from '../../../activities/formats/image-grid.ts';
import { openStoredImages, type Images, type OpenImages } from './images.ts';
import { interpolate } from './interpolate.ts';
import { createOnnxRuntime } from './onnx-runtime.ts';
import { reconstruct } from './reconstruct.ts';
import { scoreDensities } from './score-densities.ts';
import { scoreSamples } from './score-samples.ts';

/** Results and files are those of the parts; also `samples.nonFinite.<sampler>`, `samples.maxAbs.<sampler>`,
 *  and the grids `samples-<sampler>.png` and `data.png`. Distances need a feature network. */
export async function evaluateImages(
  job: ImageJob,
  context: EvaluationContext,
): Promise<ComputeJobs['evaluate-images']['result']> {
  const runtime = createOnnxRuntime(context.threads);
  const opened: OpenImages[] = [];
  const open = (path: string): Images => {
    const images = openStoredImages(path, job.shape);
    opened.push(images);
    return images;
  };
  try {
    const test = open(job.test);
    const bitsPerDim = await scoreDensities(job, test, runtime, context);
    const normalizers = await estimateNormalizers(job, bitsPerDim, runtime, context);
    const drawn = await drawImages(job, runtime, context, opened);
    const distances = job.features === null ? {} : await scoreSamples(job, drawn, runtime, context);
    const parts: Findings[] = [
      {
        results: { ...bitsPerDim, ...normalizers, ...describeSamples(drawn), ...distances },
        files: await writeGrids(job, test, drawn, context),
      },
      await drawTemperatures(job, runtime, context),
      await interpolate(job, test, runtime, context),
      await reconstruct(job, test, runtime, context),
      await findNeighbours(job, open(job.train), test, drawn, context),
    ];
    return { ...joined(parts), executionProvider: runtime.provider() };
  } finally {
    opened.forEach((images) => images.close());
    await runtime.release();
  }
}

const joined = (parts: readonly Findings[]): Findings => ({
  results: Object.assign({}, ...parts.map(({ results }) => results)) as Findings['results'],
  files: Object.assign({}, ...parts.map(({ files }) => files)) as Findings['files'],
});

const describeSamples = (drawn: Record<string, DrawnImages>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(drawn).flatMap(([name, { nonFinite, maxAbs }]) => [
      [`samples.nonFinite.${name}`, nonFinite],
      [`samples.maxAbs.${name}`, maxAbs],
    ]),
  );

async function writeGrids(
  { shape, evaluation }: ImageJob,
  test: Images,
  drawn: Record<string, DrawnImages>,
  { scratch }: EvaluationContext,
) {
  const grids = [
    ['data', test] as const,
    ...Object.entries(drawn).map(([name, { images }]) => [`samples-${name}`, images] as const),
  ];
  const files: Record<string, string> = {};
  for (const [name, images] of grids) {
    const path = join(scratch, `${name}.png`);
    await writeImageGrid(images.read(0, evaluation.gridSamples), shape as ImageSides, path);
    files[`${name}.png`] = path;
  }
  return files;
}
