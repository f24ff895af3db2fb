/** Evaluation on images: bits per dimension of the test images, samples, Frechet distance in the features of a given network. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports.ts';
import { bitsPerDim } from '../../../models/metrics/bits-per-dim.ts';
import { uniform } from '../../../models/random.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { drawImages, type DrawnImages } from './draw-images.ts';
import { writeImageGrid } from './image-grid.ts';
import { createOnnxRuntime, type OnnxModel, type OnnxRuntime } from './onnx-runtime.ts';
import { dequantise } from './pixels.ts';
import { readImages } from './read-images.ts';
import { scoreSamples } from './score-samples.ts';

type Job = ComputeJobs['evaluate-images']['job'];
type Result = ComputeJobs['evaluate-images']['result'];
type Results = Record<string, number | string>;
type ImageShape = readonly [number, number, number];

const batch = 64;

/** Results: `bitsPerDim.<model>`; `samples.nonFinite.<sampler>`, `samples.maxAbs.<sampler>`; with a feature network `frechet.mle`,
 *  `frechet.fce` against the training images, and `frechet.network`, `.samples`, `.against`, which say what they are distances of.
 *  Files: PNG grids `samples-<sampler>.png` and `data.png`. */
export async function evaluateImages(job: Job, context: EvaluationContext): Promise<Result> {
  const runtime = createOnnxRuntime(context.threads);
  try {
    const test = await readImages(job.test);
    const density = await scoreModels(job, test, runtime, context);
    const drawn = await drawImages(job, runtime, context);
    const frechet = job.features === null ? {} : await scoreSamples(job, drawn, runtime, context);
    const files = await writeGrids(job, test, drawn, context);
    return { results: { ...density, ...describeSamples(drawn), ...frechet }, files, executionProvider: runtime.provider() };
  } finally {
    await runtime.release();
  }
}

/** Mean bits/dim over the test images, with the same dequantisation noise for every model. */
async function scoreModels({ models, shape, seed }: Job, test: Uint8Array, runtime: OnnxRuntime, context: EvaluationContext): Promise<Results> {
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

const describeSamples = (drawn: Record<string, DrawnImages>): Results =>
  Object.fromEntries(Object.entries(drawn).flatMap(([name, { nonFinite, maxAbs }]) => [
    [`samples.nonFinite.${name}`, nonFinite],
    [`samples.maxAbs.${name}`, maxAbs],
  ]));

async function writeGrids({ shape, evaluation }: Job, test: Uint8Array, drawn: Record<string, DrawnImages>, { scratch }: EvaluationContext) {
  const shown = evaluation.gridSamples * sizeOf(shape);
  const grids = [['data', test] as const, ...Object.entries(drawn).map(([name, { bytes }]) => [`samples-${name}`, bytes] as const)];
  const files: Record<string, string> = {};
  for (const [name, images] of grids) {
    const path = join(scratch, `${name}.png`);
    await writeImageGrid(images.subarray(0, shown), shape as ImageShape, path);
    files[`${name}.png`] = path;
  }
  return files;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
