import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { prepareToy } from '../../../activities/datasets/prepare.ts';
import { decodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { evaluationSchema } from '../../../activities/config/experiment-sections.ts';
import { evaluateDensity } from '../../../infra/compute/evaluate/evaluate-density.ts';
import { createToy } from '../../../models/toy/toy-density.ts';
import { gaussianModel, scaleSampler } from './small-models.ts';

type Job = ComputeJobs['evaluate-density']['job'];

const folder = mkdtempSync(join(tmpdir(), 'evaluate-density-'));
after(() => rmSync(folder, { recursive: true }));

const toy = createToy('eight-gaussians');
const prepared = await prepareToy(
  { kind: 'toy', density: 'eight-gaussians', trainCount: 10, testCount: 2000 },
  1,
  folder,
  { signal: new AbortController().signal, onProgress: () => {} },
);
const points = decodeSafetensors(readFileSync(prepared.test), 'test').arrays.x!.values as Float32Array;
const exact = toy.logDensity(points);

const wide = { variance: 4, logNormalizer: Math.log(2 * Math.PI * 4) };
const narrow = { variance: 0.5, logNormalizer: Math.log(2 * Math.PI * 0.5) + 0.25, withEnergy: true };
const job: Job = {
  density: 'eight-gaussians',
  test: join(folder, 'test.safetensors'),
  seed: 5,
  evaluation: evaluationSchema.parse({ gridSize: 128 }),
  models: {
    flowFce: await gaussianModel(folder, 'wide', wide),
    ebmFce: await gaussianModel(folder, 'narrow', narrow),
  },
  samplers: {
    flowMle: await scaleSampler(folder, 'unit', {}),
    flowFce: await scaleSampler(folder, 'triple', { scale: 3 }),
  },
};
const seen: Progress[] = [];
const context = { scratch: folder, threads: 1, onProgress: (progress: Progress) => void seen.push(progress) };
const { results, files, executionProvider } = await evaluateDensity(job, context);
const close = (found: unknown, expected: number, tolerance = 1e-5): void =>
  assert.ok(Math.abs((found as number) - expected) < tolerance, `${String(found)} against ${expected}`);

/** Mean squared difference between a Gaussian's log-density and the exact one, from the formula. */
const errorOf = ({ variance, logNormalizer }: { variance: number; logNormalizer: number }): number =>
  exact.reduce(
    (sum, value, i) =>
      sum + (-(points[2 * i]! ** 2 + points[2 * i + 1]! ** 2) / (2 * variance) - logNormalizer - value) ** 2,
    0,
  ) / exact.length;

describe('the evaluation of densities', () => {
  test('gives each model the error of its log-density on the held-out points, not re-centred', () => {
    close(results['mse.flowFce'], errorOf(wide), 1e-3);
    close((results['mse.ebmFce'] as number) / errorOf(narrow), 1);
  });

  test('finds the learned normaliser of an energy-based model, and the true one by quadrature', () => {
    close(results['logNormalizer.ebmFce.learned'], narrow.logNormalizer);
    close(results['logNormalizer.ebmFce.quadrature'], -0.25);
    assert.equal(
      results['logNormalizer.ebmFce.trueMinusLearned'],
      results['logNormalizer.ebmFce.quadrature'],
      'the same under the name of before',
    );
    close(results['logNormalizer.ebmFce.true'], Math.log(2 * Math.PI * 0.5));
    assert.ok(!('logNormalizer.flowFce.learned' in results));
  });

  test('writes the grids of the data and of every model', () => {
    const { arrays, metadata } = decodeSafetensors(
      readFileSync(files['densities.safetensors']!),
      'densities',
    );
    assert.deepEqual(Object.keys(arrays).sort(), ['data', 'ebmFce', 'flowFce']);
    assert.deepEqual([metadata.extent, metadata.size, arrays.data!.shape], ['6', '128', [128, 128]]);
    const centre = (i: number): number => -6 + ((i + 0.5) * 12) / 128;
    const [x1, x2] = [centre(100), centre(20)];
    close(arrays.flowFce!.values[20 * 128 + 100], -(x1 ** 2 + x2 ** 2) / 8 - wide.logNormalizer);
    close(arrays.data!.values[20 * 128 + 100], toy.logDensity(Float32Array.of(x1, x2))[0]!, 1e-3);
  });

  test('draws the samples of every flow from the same latents', () => {
    const { arrays } = decodeSafetensors(readFileSync(files['samples.safetensors']!), 'samples');
    assert.deepEqual(arrays.flowMle!.shape, [5000, 2]);
    arrays.flowMle!.values.forEach((value, i) => close(arrays.flowFce!.values[i], 3 * value));
    assert.deepEqual(arrays.data!.values, points.subarray(0, 10_000));
    const variance =
      (arrays.flowMle!.values as Float32Array).reduce((sum, value) => sum + value ** 2, 0) / 10_000;
    close(variance, 1, 0.06);
  });

  test('tells its progress to the end of each phase, and its execution provider', () => {
    for (const phase of ['density', 'samples'] as const) {
      const lines = seen.filter((progress) => progress.phase === phase);
      assert.equal(lines[0]!.done, 0);
      assert.equal(lines.at(-1)!.done, lines.at(-1)!.total);
      lines.slice(1).forEach((line, i) => assert.ok(line.done > lines[i]!.done));
    }
    assert.match(executionProvider, /^(cuda|webgpu|cpu)/);
  });

  test('gives the same results and files again', async () => {
    const again = await evaluateDensity(job, context);
    assert.deepEqual(again.results, results);
  });

  test('sees a changed byte of a weight', async () => {
    const bytes = readFileSync(job.models.flowFce!);
    const weight = Buffer.from(Float32Array.of(1 / 8).buffer);
    const changed = Buffer.from(bytes);
    const at = bytes.indexOf(weight);
    assert.ok(at > 0);
    changed[at + 2]! ^= 1;
    const path = join(folder, 'changed.onnx');
    writeFileSync(path, changed);
    const other = await evaluateDensity({ ...job, models: { ...job.models, flowFce: path } }, context);
    assert.notEqual(other.results['mse.flowFce'], results['mse.flowFce']);
    assert.equal(other.results['mse.ebmFce'], results['mse.ebmFce']);
  });

  test('names a file that onnxruntime cannot load, or that lacks an output', async () => {
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, 'not a model');
    await assert.rejects(
      evaluateDensity({ ...job, models: { flowMle: broken } }, context),
      /onnxruntime cannot load broken\.onnx/,
    );
    await assert.rejects(
      evaluateDensity({ ...job, models: { flowMle: job.samplers.flowMle! } }, context),
      /unit\.onnx should have an output "log_prob", and has x/,
    );
  });

  test('ends when it is aborted', async () => {
    await assert.rejects(
      evaluateDensity(job, { ...context, signal: AbortSignal.abort(new Error('asked to end')) }),
      /asked to end/,
    );
  });
});
