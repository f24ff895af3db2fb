import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { evaluationSchema } from '../../../activities/config/experiment-sections.ts';
import { evaluateImages } from '../../../infra/compute/evaluate/evaluate-images.ts';
import { featureStatistics } from '../../../infra/compute/evaluate/feature-statistics.ts';
import { statisticsOf } from '../../../models/metrics/feature-statistics.ts';
import { frechetDistance, gaussianOf, type Gaussian } from '../../../models/metrics/frechet.ts';
import { kernelDistance } from '../../../models/metrics/kernel-distance.ts';
import { median } from '../../../models/metrics/median.ts';
import { shareInside, supportOf } from '../../../models/metrics/precision-recall.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import { gaussianModel, meanColourNetwork, scaleSampler } from './small-models.ts';

type Job = ComputeJobs['evaluate-images']['job'];

const folder = mkdtempSync(join(tmpdir(), 'evaluate-images-'));
after(() => rmSync(folder, { recursive: true }));

const shape = [4, 6, 3];
const dim = 4 * 6 * 3;

function writeImages(name: string, images: Uint8Array): string {
  const path = join(folder, name);
  const values = new Int32Array(images.slice().buffer);
  writeFileSync(
    path,
    encodeSafetensors({ x: { shape: [images.length / dim, dim / 4], dtype: 'int32', values } }),
  );
  return path;
}

const next = uniform(1, 'images');
const train = Uint8Array.from({ length: 150 * dim }, () => 256 * next());
const held = Uint8Array.from({ length: 100 * dim }, () => 256 * next());
const grey = { shape, scale: 0.2 };
const [trainFile, testFile, network] = [
  writeImages('train', train),
  writeImages('test', held),
  await meanColourNetwork(folder, [4, 6]),
];
const statisticsAt = async (images: string): Promise<string> => {
  const scratch = mkdtempSync(join(folder, 'statistics-'));
  return (
    await featureStatistics(
      { images, shape, network, batchSize: 40 },
      { scratch, threads: 1, onProgress: () => {} },
    )
  ).statistics;
};
const features = {
  network,
  label: 'mean-colour.onnx',
  fid: false,
  train: await statisticsAt(trainFile),
  test: await statisticsAt(testFile),
  given: null,
};
const job: Job = {
  train: trainFile,
  test: testFile,
  shape,
  seed: 3,
  evaluation: evaluationSchema.parse({ samples: 130, gridSamples: 9, batchSize: 50 }),
  models: {
    flowMle: await gaussianModel(folder, 'uniform', { shape, variance: Infinity }),
    flowFce: await gaussianModel(folder, 'half', {
      shape,
      variance: Infinity,
      logNormalizer: -dim * Math.LN2,
    }),
    ebmFce: await gaussianModel(folder, 'gaussian', { shape, variance: 0.5, withEnergy: true }),
  },
  samplers: {
    flowMle: await scaleSampler(folder, 'grey', grey),
    flowFce: await scaleSampler(folder, 'root', { shape, op: 'Sqrt' }),
  },
  features,
};
const seen: Progress[] = [];
const context = { scratch: folder, threads: 1, onProgress: (progress: Progress) => void seen.push(progress) };
const { results, files } = await evaluateImages(job, context);
const close = (found: unknown, expected: number, tolerance: number): void =>
  assert.ok(Math.abs((found as number) - expected) < tolerance, `${String(found)} against ${expected}`);

/** The sampler's latents and images, from the formulas. */
const latents = (seed: number, count: number): Float32Array =>
  Float32Array.from({ length: count * dim }, normal(seed, 'evaluation/latents'));
const toByte = (x: number): number => Math.min(Math.max(Math.floor((x + 0.5) * 256), 0), 255);

/** Mean of each colour of images [n, ...shape], [n, 3]. */
function meanColours(images: Uint8Array): Float64Array {
  const features = new Float64Array((images.length / dim) * 3);
  images.forEach((byte, i) => {
    features[Math.floor(i / dim) * 3 + (i % 3)]! += byte / (dim / 3);
  });
  return features;
}

describe('the evaluation of images', () => {
  test(
    'gives the uniform density exactly 8 bits per dimension, and a density twice as high in each '
      + 'dimension 7',
    () => {
      assert.equal(results['bitsPerDim.flowMle'], 8);
      close(results['bitsPerDim.flowFce'], 7, 1e-6);
    },
  );

  test('dequantises: a Gaussian sees (byte + u) / 256 - 1/2 with u uniform', () => {
    const square =
      held.reduce((sum, byte) => sum + ((byte + 0.5) / 256 - 0.5) ** 2 + 1 / (12 * 256 ** 2), 0)
      / held.length;
    close(results['bitsPerDim.ebmFce'], 8 + square / Math.LN2, 1e-5);
  });

  test('gives the bits per dimension of the median and of the worst image beside the mean', () => {
    const squares = Array.from(
      { length: held.length / dim },
      (_, i) =>
        held.subarray(i * dim, (i + 1) * dim).reduce((sum, byte) => sum + ((byte + 0.5) / 256 - 0.5) ** 2, 0)
        / dim,
    ).sort((a, b) => a - b);
    assert.equal(results['bitsPerDim.median.flowMle'], 8);
    close(results['bitsPerDim.median.ebmFce'], 8 + median(squares) / Math.LN2, 1e-3);
    close(results['bitsPerDim.worst.ebmFce'], 8 + squares.at(-1)! / Math.LN2, 1e-3);
  });

  test('uses the same noise for every model, and another seed other noise', async () => {
    const twice = {
      ...job,
      models: { flowMle: job.models.ebmFce!, flowFce: job.models.ebmFce! },
      samplers: {},
      features: null,
    };
    const same = (await evaluateImages(twice, context)).results;
    assert.equal(same['bitsPerDim.flowMle'], same['bitsPerDim.flowFce']);
    assert.equal(same['bitsPerDim.flowMle'], results['bitsPerDim.ebmFce']);
    const other = (await evaluateImages({ ...twice, seed: 4 }, context)).results;
    assert.notEqual(other['bitsPerDim.flowMle'], same['bitsPerDim.flowMle']);
  });

  test('counts samples that are not finite, and the largest value of the others', () => {
    const z = latents(3, 130);
    close(
      results['samples.maxAbs.flowMle'],
      0.2 * z.reduce((most, v) => Math.max(most, Math.abs(v)), 0),
      1e-6,
    );
    assert.equal(results['samples.nonFinite.flowMle'], 0);
    assert.equal(results['samples.nonFinite.flowFce'], 130);
    close(results['samples.maxAbs.flowFce'], Math.sqrt(z.reduce((most, v) => Math.max(most, v), 0)), 1e-6);
  });

  test('scales the latents by the temperature', async () => {
    const cold = { ...job, evaluation: { ...job.evaluation, temperature: 0.5 }, features: null };
    const { results: colder } = await evaluateImages(cold, context);
    close(colder['samples.maxAbs.flowMle'], (results['samples.maxAbs.flowMle'] as number) / 2, 1e-6);
  });

  test('measures the Frechet distance of the samples to the training images in the output called features', () => {
    const images = Uint8Array.from(latents(3, 130), (z) => toByte(Math.fround(Math.fround(0.2) * z)));
    const to = (reference: Uint8Array) =>
      frechetDistance(
        ...([reference, images].map((set) => gaussianOf(statisticsOf(meanColours(set), 3), 'set')) as [
          Gaussian,
          Gaussian,
        ]),
      );
    close((results['frechet.flowMle'] as number) / to(train), 1, 1e-5);
    close((results['frechet.test.flowMle'] as number) / to(held), 1, 1e-5);
    assert.ok(Number.isFinite(results['frechet.flowFce']));
    assert.equal(results['frechet.network'], 'mean-colour.onnx');
    assert.equal(results['frechet.samples'], 130);
    assert.equal(results['frechet.against'], 'train, 150 images');
  });

  test('refuses a Frechet distance of too few samples', async () => {
    const few = { ...job, evaluation: { ...job.evaluation, samples: 3 } };
    await assert.rejects(
      evaluateImages(few, context),
      /3 features needs at least 4 samples.*the flowMle set has 3/,
    );
  });

  test('takes the kernel distance, precision and recall beside it', async () => {
    const [real, made] = [
      meanColours(train),
      meanColours(Uint8Array.from(latents(3, 130), (z) => toByte(Math.fround(Math.fround(0.2) * z)))),
    ];
    const { mean, deviation } = await kernelDistance(real, made, { dims: 3, seed: 3 });
    close((results['kernel.flowMle'] as number) / mean, 1, 1e-4);
    close((results['kernel.deviation.flowMle'] as number) / deviation, 1, 1e-3);
    // Supports of unequal numbers differ in size even where the sets are alike: 130 of the 150 training
    // images, evenly spaced.
    const asMany = Float64Array.from(
      { length: made.length },
      (_, i) => real[3 * Math.floor((Math.floor(i / 3) * 150) / 130) + (i % 3)]!,
    );
    const [data, samples] = [await supportOf(asMany, 3), await supportOf(made, 3)];
    assert.equal(results['precision.samples'], 130);
    assert.equal(results['precision.flowMle'], await shareInside(samples, data));
    assert.equal(results['recall.flowMle'], await shareInside(data, samples));
  });

  test('calls distances FID and KID in the FID Inception network alone', async () => {
    const { results: fid } = await evaluateImages(
      { ...job, models: {}, features: { ...features, fid: true } },
      context,
    );
    for (const [name, other] of [
      ['frechet.flowMle', 'fid.flowMle'],
      ['frechet.test.flowMle', 'fid.test.flowMle'],
      ['frechet.network', 'fid.network'],
      ['kernel.flowMle', 'kid.flowMle'],
    ] as const) {
      assert.equal(fid[other], results[name], other);
      assert.ok(!(name in fid) && !(other in results), `${name} or ${other} is told by both networks`);
    }
  });

  test('compares with statistics given as a file too, and names the file', async () => {
    const { results: given } = await evaluateImages(
      { ...job, models: {}, features: { ...features, given: { path: features.test, name: 'cifar.npz' } } },
      context,
    );
    assert.equal(given['frechet.reference.flowMle'], results['frechet.test.flowMle']);
    assert.equal(given['frechet.reference.file'], 'cifar.npz');
  });

  test('leaves the Frechet distance out without a feature network', async () => {
    const { results: without } = await evaluateImages({ ...job, features: null }, context);
    assert.deepEqual(
      Object.keys(without).filter((name) => name.startsWith('frechet')),
      [],
    );
  });

  test('draws the grids: images at their places, white between them', async () => {
    assert.deepEqual(
      Object.keys(files)
        .filter((name) => /^(data|samples)/.test(name))
        .sort(),
      ['data.png', 'samples-flowFce.png', 'samples-flowMle.png'],
    );
    const { data, info } = await sharp(files['data.png']!).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [3 * 8 + 2, 3 * 6 + 2]);
    const at = (x: number, y: number): number[] => [
      ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + 3),
    ];
    assert.deepEqual(at(0, 0), [255, 255, 255]);
    const fifth = 4 * dim; // row 1, column 1 of the grid
    assert.deepEqual(at(2 + 8, 2 + 6), [...held.subarray(fifth, fifth + 3)]);
    assert.deepEqual(at(2 + 8 + 5, 2 + 6 + 3), [...held.subarray(fifth + dim - 3, fifth + dim)]);
  });

  test('tells its progress to the end of each phase', () => {
    for (const phase of ['density', 'samples', 'features'] as const) {
      const lines = seen
        .slice(0, seen.findIndex(({ phase: p, done, total }) => p === 'features' && done === total) + 1)
        .filter((line) => line.phase === phase);
      assert.equal(lines.at(-1)!.done, lines.at(-1)!.total);
      lines.slice(1).forEach((line, i) => assert.ok(line.done > lines[i]!.done));
    }
  });
});
