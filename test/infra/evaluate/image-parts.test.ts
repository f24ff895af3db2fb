/** The parts of an image evaluation beside densities and distances, on flows x = scale * z, where everything
 *  is known. Greyscale. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { encodeSafetensors } from '../../../activities/formats/safetensors.ts';
import { evaluationSchema } from '../../../activities/config/experiment-sections.ts';
import { evaluateImages } from '../../../infra/compute/evaluate/evaluate-images.ts';
import { normal, uniform } from '../../../models/core/random.ts';
import { assertBelow } from '../../support/assert-below.ts';
import { gaussianModel, scaleFlow, sumSampler } from './small-models.ts';

type Job = ComputeJobs['evaluate-images']['job'];

const folder = mkdtempSync(join(tmpdir(), 'image-parts-'));
after(() => rmSync(folder, { recursive: true }));
const context = () => ({
  scratch: mkdtempSync(join(folder, 'scratch-')),
  threads: 1,
  onProgress: () => undefined,
});

const shape = [4, 4, 1];
const dim = 16;
const scale = 0.25;
const toByte = (x: number): number => Math.min(Math.max(Math.floor((x + 0.5) * 256), 0), 255);

function writeImages(name: string, images: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    encodeSafetensors({
      x: {
        shape: [images.length / dim, dim / 4],
        dtype: 'int32',
        values: new Int32Array(images.slice().buffer),
      },
    }),
  );
  return path;
}

const next = uniform(1, 'images');
const random = (count: number): Uint8Array => Uint8Array.from({ length: count * dim }, () => 256 * next());
const held = random(40);
/** The flow's samples from the seed's latents. */
const drawn = Uint8Array.from(Float32Array.from({ length: 40 * dim }, normal(3, 'evaluation/latents')), (z) =>
  toByte(Math.fround(Math.fround(scale) * z)),
);
/** Holds the flow's 6th sample, among others. */
const train = Uint8Array.from(Buffer.concat([random(60), drawn.subarray(5 * dim, 6 * dim), random(30)]));

/** The EBM's own Gaussian is a little narrower than the flow's, and the c it has learned is 3 nats too
 *  large. */
const variance = 0.055;
const logZ = (dim / 2) * Math.log(2 * Math.PI * variance);
const learned = logZ + 3;
/** E[w^2] / E[w]^2 of one dimension: weights of N(0, v) on samples of N(0, u). */
const secondMoment = (v: number, u: number): number => u / Math.sqrt(v * (2 * u - v));

const flow = await scaleFlow(folder, 'flow', { shape, scale });
const spoilt = await scaleFlow(folder, 'spoilt', { shape, scale, drift: 0.01 });
const job: Job = {
  train: writeImages('train', train),
  test: writeImages('test', held),
  shape,
  seed: 3,
  features: null,
  evaluation: evaluationSchema.parse({
    samples: 40,
    gridSamples: 4,
    importanceSamples: 4000,
    temperatures: [0.5, 1],
  }),
  models: {
    flowMle: spoilt.density,
    flowFce: flow.density,
    ebmFce: await gaussianModel(folder, 'ebm', { shape, variance, logNormalizer: learned, withEnergy: true }),
  },
  samplers: { flowMle: spoilt.sampler, flowFce: flow.sampler },
};
const { results, files } = await evaluateImages(job, context());
const result = (name: string): number => {
  assert.equal(typeof results[name], 'number', `${name} is ${results[name]}`);
  return results[name] as number;
};

/** Grey values of a grid's images, row by row; each image [4, 4]. */
async function imagesIn(file: string, columns: number): Promise<number[][]> {
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  const rows = (info.height - 2) / 6;
  assert.deepEqual([info.width, Number.isInteger(rows)], [columns * 6 + 2, true]);
  const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels]!;
  return Array.from({ length: rows * columns }, (_, i) =>
    Array.from({ length: dim }, (_, pixel) =>
      at(2 + (i % columns) * 6 + (pixel % 4), 2 + Math.floor(i / columns) * 6 + Math.floor(pixel / 4)),
    ),
  );
}

describe("an EBM's normaliser", () => {
  test(
    'is found by importance sampling from the flow, within its standard error, however far the learned '
      + 'one is off',
    () => {
      assertBelow(Math.abs(result('logNormalizer.ebmFce.learned') - learned), 1e-4);
      const error = result('logNormalizer.ebmFce.importanceError');
      assertBelow(Math.abs(result('logNormalizer.ebmFce.importance') - logZ), 3 * error);
      assertBelow(
        Math.abs(error / Math.sqrt((secondMoment(variance, scale ** 2) ** dim - 1) / 4000) - 1),
        0.1,
      );
      assertBelow(
        Math.abs(
          result('logNormalizer.ebmFce.effectiveSamples') / (4000 / secondMoment(variance, scale ** 2) ** dim)
            - 1,
        ),
        0.1,
      );
    },
  );

  test('gives the bits per dimension of the normalised density beside those with the learned one', () => {
    const off = (result('bitsPerDim.ebmFce') - result('bitsPerDim.importance.ebmFce')) * dim * Math.LN2;
    assertBelow(Math.abs(off - (learned - result('logNormalizer.ebmFce.importance'))), 1e-4);
    assert.ok(!('bitsPerDim.importance.flowFce' in results), 'a flow needs no normaliser');
  });

  test('depends on the number of samples asked for, and not on the temperature of the pictures', async () => {
    const changed = async (changes: object) =>
      (await evaluateImages({ ...job, evaluation: { ...job.evaluation, ...changes } }, context())).results[
        'logNormalizer.ebmFce.importance'
      ];
    assert.notEqual(await changed({ importanceSamples: 500 }), results['logNormalizer.ebmFce.importance']);
    assert.equal(await changed({ temperature: 0.3 }), results['logNormalizer.ebmFce.importance']);
  });

  test('is left out where there is no flow to draw from', async () => {
    const { results: without } = await evaluateImages(
      { ...job, samplers: { flowMle: flow.sampler } },
      context(),
    );
    assert.deepEqual(
      Object.keys(without).filter((name) => name.startsWith('logNormalizer')),
      [],
    );
  });
});

describe('the pictures of an evaluation', () => {
  test('show the same latents at every temperature asked for', async () => {
    const temperatures = Object.keys(files).filter((name) => name.startsWith('temperature'));
    assert.deepEqual(temperatures.sort(), [
      'temperature-0.5-flowFce.png',
      'temperature-0.5-flowMle.png',
      'temperature-1-flowFce.png',
      'temperature-1-flowMle.png',
    ]);
    const z = Float32Array.from({ length: 4 * dim }, normal(3, 'evaluation/latents'));
    const [cold, warm] = await Promise.all(
      ['0.5', '1'].map((t) => imagesIn(files[`temperature-${t}-flowFce.png`]!, 4)),
    );
    assert.deepEqual(
      warm!.flat(),
      Array.from(z, (value) => toByte(Math.fround(Math.fround(scale) * value))),
    );
    assert.deepEqual(
      cold!.flat(),
      Array.from(z, (value) => toByte(Math.fround(Math.fround(scale) * Math.fround(value / 2)))),
    );
  });

  test('lead from one test image to another, through the arc between their latents', async () => {
    const images = await imagesIn(files['interpolation-flowFce.png']!, 9);
    assert.equal(images.length, 8 * 9);
    assert.deepEqual(
      [images[0], images[8], images[9]],
      [0, 1, 2].map((i) => [...held.subarray(i * dim, (i + 1) * dim)]),
    );
    const noise = uniform(3, 'evaluation/interpolation');
    const [a, b] = [0, 1].map((image) =>
      Array.from({ length: dim }, (_, i) => (held[image * dim + i]! + noise()) / 256 - 0.5),
    ) as [number[], number[]];
    const dot = (u: number[], v: number[]): number => u.reduce((sum, value, i) => sum + value * v[i]!, 0);
    const angle = Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
    const half = a.map((value, i) => toByte(((value + b[i]!) * Math.sin(angle / 2)) / Math.sin(angle)));
    images[4]!.forEach((value, i) => assertBelow(Math.abs(value - half[i]!), 2));
  });

  test('show what comes back of test images, below them', async () => {
    const images = await imagesIn(files['reconstruction-flowFce.png']!, 8);
    assert.equal(images.length, 2 * 4 * 8);
    assert.deepEqual(images.slice(0, 8).flat(), [...held.subarray(0, 8 * dim)]);
    images
      .slice(8, 16)
      .flat()
      .forEach((value, i) => assertBelow(Math.abs(value - held[i]!), 2));
  });

  test("have each sample's nearest training images beside it, the very same one first", async () => {
    const images = await imagesIn(files['neighbours-flowFce.png']!, 8);
    assert.deepEqual(images.length, 8 * 8);
    for (const row of [0, 5]) {
      const sample = [...drawn.subarray(row * dim, (row + 1) * dim)];
      const distances = Array.from({ length: train.length / dim }, (_, i) =>
        sample.reduce((sum, value, pixel) => sum + (value - train[i * dim + pixel]!) ** 2, 0),
      );
      const order = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]!).slice(0, 7);
      assert.deepEqual(images.slice(row * 8, row * 8 + 8), [
        sample,
        ...order.map((i) => [...train.subarray(i * dim, (i + 1) * dim)]),
      ]);
    }
    assert.deepEqual(images[5 * 8], images[5 * 8 + 1]);
  });
});

describe('a sampler with latents of its own dimension', () => {
  test('is given latents of that many numbers', async () => {
    const { results: drawnNarrow } = await evaluateImages(
      { ...job, samplers: { dcgan: await sumSampler(folder, 'narrow', { shape, latents: 2 }) } },
      context(),
    );
    const z = normal(3, 'evaluation/latents');
    const largest = Array.from({ length: 40 }, () => Math.abs(z() + z())).reduce((a, b) => Math.max(a, b));
    assertBelow(Math.abs((drawnNarrow['samples.maxAbs.dcgan'] as number) - largest), 1e-5);
  });

  test('is refused by its name where it is a model of images', async () => {
    await assert.rejects(evaluateImages({ ...job, samplers: { dcgan: flow.density } }, context()), {
      name: 'DataError',
      message: /flow-density\.onnx takes \[batch, 4, 4, 1\]/,
    });
  });
});

describe('the error of going to latents and back', () => {
  test('is rounding for a flow that is inverted, and what the inverse is off where it is not', () => {
    assertBelow(result('reconstruction.maxGreyLevels.flowFce'), 1e-4);
    for (const measure of ['max', 'rms'])
      assertBelow(Math.abs(result(`reconstruction.${measure}GreyLevels.flowMle`) - 2.56), 1e-4);
  });

  test('is no number where nothing finite comes back', async () => {
    const broken = await scaleFlow(folder, 'broken', { shape, scale, drift: NaN });
    const { results: none } = await evaluateImages(
      { ...job, samplers: { flowFce: broken.sampler } },
      context(),
    );
    assert.ok(
      Number.isNaN(none['reconstruction.maxGreyLevels.flowFce'])
        && Number.isNaN(none['reconstruction.rmsGreyLevels.flowFce']),
      'a NaN was hidden',
    );
  });
});

describe('the distance to the nearest training image', () => {
  test('is the root mean square over pixels, of the mean sample and of test images', () => {
    const nearest = (images: Uint8Array): number => {
      const distances = Array.from({ length: 32 }, (_, query) =>
        Math.min(
          ...Array.from({ length: train.length / dim }, (_, i) =>
            Math.sqrt(
              Array.from(
                { length: dim },
                (_, pixel) => (images[query * dim + pixel]! - train[i * dim + pixel]!) ** 2,
              ).reduce((a, b) => a + b) / dim,
            ),
          ),
        ),
      );
      return distances.reduce((a, b) => a + b) / 32;
    };
    assertBelow(Math.abs(result('neighbours.rmsGreyLevels.flowFce') - nearest(drawn)), 1e-9);
    assertBelow(Math.abs(result('neighbours.rmsGreyLevels.data') - nearest(held)), 1e-9);
    assert.equal(results['neighbours.searched'], 91);
  });
});
