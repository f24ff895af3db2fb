/** Two-dimensional evaluation: error of the log-density on held-out points, normaliser by quadrature, density
 *  grids, samples. */
import { basename, join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { SafetensorsFile } from '../../../activities/formats/safetensors-file.ts';
import { writeScratch } from '../../../activities/disk/scratch.ts';
import { densityError } from '../../../models/metrics/density-error.ts';
import { logIntegral, squareGrid } from '../../../models/metrics/quadrature.ts';
import { normal } from '../../../models/core/random.ts';
import type { NamedArray } from '../../../models/core/tensors.ts';
import { createToy } from '../../../models/toy/toy-density.ts';
import { meter, type EvaluationContext, type Meter } from './batches.ts';
import { createOnnxRuntime, type OnnxSession, type OnnxRuntime } from './onnx-runtime.ts';

type Job = ComputeJobs['evaluate-density']['job'];
type Result = ComputeJobs['evaluate-density']['result'];
type Results = Record<string, number>;

const batch = 8192;
const sampleCount = 5000;

/** Results: `mse.<name>`, nats^2; for models with an energy also `logNormalizer.<name>.learned`, `.true` and
 *  `.trueMinusLearned`, which is `.quadrature` too: programs know it by that name. Files:
 *  `densities.safetensors`, log-densities [size, size] by name beside the exact `data`;
 *  `samples.safetensors`, [5000, 2] by name. */
export async function evaluateDensity(job: Job, context: EvaluationContext): Promise<Result> {
  const runtime = createOnnxRuntime(context.threads);
  try {
    const points = readPoints(job.test);
    const { results, grids } = await scoreModels(job, points, runtime, context);
    const samples = await drawSamples(job, runtime, context);
    const held = points.x.subarray(0, 2 * sampleCount);
    const files = {
      'densities.safetensors': await writeDensities(job, grids, context),
      'samples.safetensors': await writeArrays(
        'samples.safetensors',
        { data: rowsOf(held), ...samples },
        {},
        context,
      ),
    };
    return { results, files, executionProvider: runtime.provider() };
  } finally {
    await runtime.release();
  }
}

interface HeldOutPoints {
  readonly x: Float32Array;
  readonly logDensity: Float32Array;
}

function readPoints(path: string): HeldOutPoints {
  const file = new SafetensorsFile(path, basename(path));
  try {
    const all = (name: string): Float32Array => {
      const rows = file.rows(name, 'float32');
      return rows.read(0, rows.count);
    };
    return { x: all('x'), logDensity: all('logDensity') };
  } finally {
    file.close();
  }
}

async function scoreModels(
  { density, evaluation, models }: Job,
  points: HeldOutPoints,
  runtime: OnnxRuntime,
  context: EvaluationContext,
) {
  const grid = squareGrid(evaluation.extent, evaluation.gridSize);
  const perModel = (points.x.length + grid.length) / 2;
  const progress = meter('density', perModel * Object.keys(models).length, context);
  const results: Results = {};
  const grids: Record<string, Float32Array> = {
    data: Float32Array.from(createToy(density).logDensity(grid)),
  };
  for (const [name, path] of Object.entries(models)) {
    const model = await runtime.open(path, { model: name });
    const onPoints = await logProbOf(model, points.x, progress);
    const onGrid = await logProbOf(model, grid, progress);
    results[`mse.${name}`] = densityError(onPoints, points.logDensity);
    if (model.outputNames.includes('energy'))
      Object.assign(results, await normalizers(name, model, points.x, onGrid, evaluation.extent));
    grids[name] = onGrid;
  }
  return { results, grids };
}

/** points [n, 2] -> log p [n], nats. */
async function logProbOf(model: OnnxSession, points: Float32Array, progress: Meter): Promise<Float32Array> {
  const logProb = new Float32Array(points.length / 2);
  await progress.each(logProb.length, batch, async (from, to) => {
    const { log_prob } = await model.run(points.subarray(2 * from, 2 * to), [to - from, 2], ['log_prob']);
    logProb.set(log_prob, from);
  });
  return logProb;
}

/** log p = -energy - c, so the learned c shows at every point. The integral of exp(log p), found by
 *  quadrature, is 1 where c is the true normaliser; its logarithm is what the true one has more than c. */
async function normalizers(
  name: string,
  model: OnnxSession,
  points: Float32Array,
  onGrid: Float32Array,
  extent: number,
): Promise<Results> {
  const some = points.subarray(0, 2 * Math.min(batch, points.length / 2));
  const { energy, log_prob } = await model.run(some, [some.length / 2, 2], ['energy', 'log_prob']);
  const learned = energy.reduce((sum, e, i) => sum - e - log_prob[i]!, 0) / energy.length;
  const missing = logIntegral(onGrid, extent);
  return {
    [`logNormalizer.${name}.learned`]: learned,
    [`logNormalizer.${name}.true`]: learned + missing,
    [`logNormalizer.${name}.trueMinusLearned`]: missing,
    [`logNormalizer.${name}.quadrature`]: missing,
  };
}

/** Samples of each flow from the same latent draws. */
async function drawSamples(
  { samplers, seed }: Job,
  runtime: OnnxRuntime,
  context: EvaluationContext,
): Promise<Record<string, NamedArray>> {
  const progress = meter('samples', sampleCount * Object.keys(samplers).length, context);
  const next = normal(seed, 'evaluation/latents');
  const latents = Float32Array.from({ length: 2 * sampleCount }, next);
  const samples: Record<string, NamedArray> = {};
  for (const [name, path] of Object.entries(samplers)) {
    const model = await runtime.open(path, { model: name });
    const values = new Float32Array(latents.length);
    await progress.each(sampleCount, batch, async (from, to) => {
      values.set((await model.run(latents.subarray(2 * from, 2 * to), [to - from, 2], ['x'])).x, 2 * from);
    });
    samples[name] = rowsOf(values);
  }
  return samples;
}

const rowsOf = (values: Float32Array): NamedArray => ({
  shape: [values.length / 2, 2],
  dtype: 'float32',
  values,
});

function writeDensities(
  { density, evaluation }: Job,
  grids: Record<string, Float32Array>,
  context: EvaluationContext,
): Promise<string> {
  const { extent, gridSize } = evaluation;
  const arrays = Object.fromEntries(
    Object.entries(grids).map(([name, values]) => [
      name,
      { shape: [gridSize, gridSize], dtype: 'float32' as const, values },
    ]),
  );
  const metadata = {
    density,
    extent: String(extent),
    size: String(gridSize),
    order: 'row 0 lowest x2, column 0 lowest x1, cell centres',
  };
  return writeArrays('densities.safetensors', arrays, metadata, context);
}

async function writeArrays(
  name: string,
  arrays: Record<string, NamedArray>,
  metadata: Record<string, string>,
  { scratch }: EvaluationContext,
): Promise<string> {
  const path = join(scratch, name);
  await writeScratch(path, encodeSafetensors(arrays, metadata));
  return path;
}
