import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { firstCounters } from '../../../models/training/updates.ts';
import { toOnnx } from '../../../models/graph/onnx.ts';
import { unflatten } from '../../../models/core/params.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
import { vaeModelSchema, vaeSchema } from '../../../models/vae/config.ts';
import { discretisedLogistic } from '../../../models/vae/discretised-logistic.ts';
import { divergenceFromPrior, drawn, evidence } from '../../../models/vae/evidence.ts';
import { vaeForwards } from '../../../models/vae/forwards.ts';
import { createVae } from '../../../models/vae/vae.ts';
import {
  averages,
  images,
  imageShape,
  open,
  stateOf,
  train,
  wholeAndResumed,
} from '../../support/image-training.ts';
import { assertGradient } from '../../support/numeric-gradient.ts';
import { distance, initialParams, noisyParams, normalTensor } from '../../support/weights.ts';

const model = { latent: 3, channels: [4, 6] };
const section = (more: object = {}): object => ({
  method: 'vae',
  updates: 10,
  batchSize: 8,
  vae: { learningRate: 1e-2 },
  model,
  ...more,
});
const bytes = tf.tensor(Float32Array.from(images(6, 4).bytes), [6, ...imageShape]);
const scalar = (tensor: Tensor): number => tensor.dataSync()[0]!;
const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `Expected ${expected}, got ${actual}.`,
  );

describe('the divergence of the posterior from the prior', () => {
  test('is 0 where they are equal, and half the squared distance of the means where only those differ', () => {
    const at = (mean: number[], logVariance: number[]): number =>
      scalar(divergenceFromPrior({ mean: tf.tensor2d([mean]), logVariance: tf.tensor2d([logVariance]) }));
    assert.equal(at([0, 0, 0], [0, 0, 0]), 0);
    close(at([3, 4], [0, 0]), 12.5, 1e-6);
  });

  test('is the integral of q log(q / p)', () => {
    const [mean, variance] = [0.7, 0.36];
    const log = (x: number, m: number, v: number): number =>
      -0.5 * ((x - m) ** 2 / v + Math.log(2 * Math.PI * v));
    const width = 1e-3;
    let sum = 0;
    for (let x = -8; x < 8; x += width)
      sum += width * Math.exp(log(x, mean, variance)) * (log(x, mean, variance) - log(x, 0, 1));
    close(
      scalar(
        divergenceFromPrior({
          mean: tf.tensor2d([[mean]]),
          logVariance: tf.tensor2d([[Math.log(variance)]]),
        }),
      ),
      sum,
      1e-5,
    );
  });
});

test('latents drawn from a posterior have its mean and its standard deviation', () => {
  const z = drawn(
    { mean: tf.tensor2d([[1, -1]]), logVariance: tf.tensor2d([[Math.log(4), Math.log(9)]]) },
    tf.tensor2d([[1, -2]]),
  );
  [3, -7].forEach((expected, i) => close(z.dataSync()[i]!, expected, 1e-6));
});

describe('the discretised logistic', () => {
  const levels = tf.tensor(
    Float32Array.from({ length: 256 }, (_, i) => i),
    [256, 1, 1, 1],
  );
  const logP = (location: number, logScale: number): Float32Array =>
    discretisedLogistic(
      levels,
      tf.fill([256, 1, 1, 1], location),
      tf.tensor1d([logScale]),
    ).dataSync() as Float32Array;

  test('is a probability of the 256 levels, wherever it is centred and however wide', () => {
    for (const [location, logScale] of [
      [0, -2.3],
      [0.49, -4],
      [-0.7, -1],
      [0.1, 0],
      [-0.5, -6],
    ] as const) {
      close(
        logP(location, logScale).reduce((sum, l) => sum + Math.exp(l), 0),
        1,
        1e-5,
      );
    }
  });

  test('holds what the logistic density has over a level, and the outermost levels the tails', () => {
    const [location, scale] = [0.13, 0.05];
    const density = (x: number): number => 1 / (4 * scale * Math.cosh((x - location) / (2 * scale)) ** 2);
    const integral = (from: number, to: number): number => {
      const cells = 20_000;
      const width = (to - from) / cells;
      return Array.from({ length: cells }, (_, i) => width * density(from + (i + 0.5) * width)).reduce(
        (a, b) => a + b,
        0,
      );
    };
    const found = logP(location, Math.log(scale));
    for (const level of [1, 100, 160, 254])
      close(found[level]!, Math.log(integral(level / 256 - 0.5, (level + 1) / 256 - 0.5)), 2e-4);
    close(found[0]!, Math.log(integral(-4, 1 / 256 - 0.5)), 2e-4);
    close(found[255]!, Math.log(integral(255 / 256 - 0.5, 4)), 2e-4);
  });

  test('stays finite, with a finite gradient, a hundred thousand scales away', () => {
    const far = (location: Tensor): Tensor =>
      tf.sum(discretisedLogistic(levels, location, tf.tensor1d([-20])));
    const location = tf.fill([256, 1, 1, 1], 10);
    assert.ok(Number.isFinite(scalar(far(location))), 'the sum is not finite');
    assert.ok(
      (tf.grad(far)(location).dataSync() as Float32Array).every(Number.isFinite),
      'the gradient is not finite',
    );
  });
});

describe('a variational autoencoder', () => {
  const vae = createVae(vaeModelSchema.parse(model), imageShape);

  test(
    'starts with the prior for its posterior and grey for every pixel, so that its bound has a closed '
      + 'form',
    () => {
      const params = initialParams(vae.params);
      const { mean, logVariance } = vae.encode(params, tf.sub(tf.div(bytes, 256), 0.5));
      assert.deepEqual([scalar(tf.max(tf.abs(mean))), scalar(tf.max(tf.abs(logVariance)))], [0, 0]);
      const sigmoid = (u: number): number => 1 / (1 + Math.exp(-u));
      const expected = images(6, 4)
        .bytes.subarray(0, 64)
        .reduce((sum, b) => {
          const [lower, upper] = [(b / 256 - 0.5) / 0.1, ((b + 1) / 256 - 0.5) / 0.1];
          return sum + Math.log((b === 255 ? 1 : sigmoid(upper)) - (b === 0 ? 0 : sigmoid(lower)));
        }, 0);
      const found = evidence(vae, params, bytes, normalTensor([6, 3], 'noise'));
      close(scalar(found.bound), expected, 1e-5);
    },
  );

  test('has a bound that one image does not get from another', () => {
    const params = noisyParams(vae.params, 0.2);
    const noise = normalTensor([6, 3], 'noise');
    const all = evidence(vae, params, bytes, noise).bound;
    const alone = evidence(vae, params, tf.slice(bytes, [2], [1]), tf.slice(noise, [2], [1])).bound;
    close(all.dataSync()[2]!, scalar(alone), 1e-5);
  });

  test('has a bound that lies below the log-likelihood and meets it where latents say nothing', () => {
    // With the decoder's first layer at zero the data do not depend on z: the posterior that is the prior is
    // exact.
    const params = {
      ...noisyParams(vae.params, 0.2),
      'encoder/head/weight': tf.zeros([24, 6]),
      'encoder/head/bias': tf.zeros([6]),
      'decoder/foot/weight': tf.zeros([3, 24]),
    };
    const exact = evidence(vae, params, bytes, normalTensor([6, 3], 'noise'));
    const other = evidence(
      vae,
      { ...params, 'encoder/head/bias': tf.tensor1d([1, 0, 0, 0, 0, 0]) },
      bytes,
      normalTensor([6, 3], 'other'),
    );
    tf.sub(exact.bound, other.bound)
      .dataSync()
      .forEach((gap) => close(gap, 0.5, 1e-3));
  });

  test('has a gradient that agrees with a numeric one', () => {
    const noise = normalTensor([6, 3], 'noise');
    assertGradient(vae.params, (params) => ({
      loss: tf.div(tf.neg(tf.mean(evidence(vae, params, bytes, noise).bound)), 64),
      aux: {},
    }));
  });

  test('refuses sides that its convolutions do not halve evenly', () => {
    assert.throws(
      () => createVae(vaeModelSchema.parse({ channels: [4, 4, 4, 4] }), imageShape),
      /divisible by 16 for 4 strided convolutions, got 8 x 8/,
    );
  });
});

describe('a training by the evidence lower bound', () => {
  const trained = (more: object = {}) => train(open(section(more)));

  test('lowers the bits per dimension, of held-out images too', () => {
    const opened = open(section({ updates: 60, averaging: 0 }));
    const before = opened.session.run('probe', {})['bitsPerDim.heldOut']![0]!;
    const { lines } = train(opened);
    const after = opened.session.run('probe', {})['bitsPerDim.heldOut']![0]!;
    assert.ok(
      Number(lines.at(-1)!.bitsPerDim) < Number(lines[0]!.bitsPerDim) - 0.5,
      `from ${lines[0]!.bitsPerDim} to ${lines.at(-1)!.bitsPerDim}`,
    );
    assert.ok(after < before - 0.5, `held out from ${before} to ${after}`);
    assert.deepEqual([lines.at(-1)!.vaeUpdates, lines.at(-1)!.turn], [60, 'vae']);
  });

  test('of ten updates equals five, a resume, and five more, bit for bit', () => {
    const [whole, resumed] = wholeAndResumed(section());
    assert.deepEqual(resumed.state, whole.state);
  });

  const options: readonly (readonly [string, object])[] = [
    ['model.latent', { model: { ...model, latent: 4 } }],
    ['model.channels', { model: { ...model, channels: [4, 5] } }],
    ['batchSize', { batchSize: 9 }],
    ['flips', { flips: true }],
    ['averaging', { averaging: 0 }],
    ['vae.learningRate', { vae: { learningRate: 1e-3 } }],
    ['vae.clipNorm', { vae: { learningRate: 1e-2, clipNorm: 1e-9 } }],
  ];
  for (const [name, more] of options) {
    test(`changes with ${name}`, () => assert.notDeepEqual(trained(more).state, trained().state));
  }

  test('is probed on as many held-out images as it is told', () => {
    assert.equal(vaeSchema.parse(section()).heldOutImages, 500);
    assert.deepEqual(open(section()).training.program.variables['probe.x']!.shape, [8, 16]);
  });

  test('in parts has the gradient of the whole batch', () => {
    const [whole, parts] = [trained({ updates: 1 }), trained({ updates: 1, microBatch: 2 })];
    close(Number(parts.lines[0]!.gradNorm), Number(whole.lines[0]!.gradNorm), 1e-4);
  });

  test('replayed agrees with eager, and the exported sampler with the decoder to 1e-4', async () => {
    const [eager, replay] = [open(section()), open(section(), { openSession })];
    const [expected, actual] = [train(eager, firstCounters, 3), train(replay, firstCounters, 3)];
    for (const name of stateOf(eager.training)) {
      expected.state[name]!.forEach((value, i) =>
        assert.ok(
          Math.abs(actual.state[name]![i]! - value) < 1e-4,
          `${name}[${i}]: ${actual.state[name]![i]} is not ${value}`,
        ),
      );
    }
    const config = vaeSchema.parse(section());
    const [sampler] = vaeForwards(config, imageShape, averages(eager, expected));
    const session = await InferenceSession.create(toOnnx({ ...sampler!, metadata: {} }), {
      logSeverityLevel: 3,
    });
    const vae = createVae(config.model, imageShape);
    for (const batch of [1, 5]) {
      const z = normalTensor([batch, 3], 'z', 3);
      const { x } = await session.run({
        z: new OrtTensor('float32', z.dataSync() as Float32Array, [batch, 3]),
      });
      const params = unflatten(vae.params, tf.tensor1d(expected.state['vae.average'] as Float32Array));
      assert.ok(
        distance(
          tf.tensor(x!.data as Float32Array, [batch, ...imageShape]),
          tf.clipByValue(vae.decode(params, z).location, -255 / 512, 255 / 512),
        ) < 1e-4,
        'sampler and decoder differ',
      );
    }
  });
});
