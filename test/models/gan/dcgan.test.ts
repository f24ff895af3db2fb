import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { openSession } from '../../../infra/compute/replay-session.ts';
import { generatorLoss } from '../../../models/gan/adversarial.ts';
import { momentsOf, normalise } from '../../../models/gan/batch-norm.ts';
import { dcganModelSchema, ganSchema } from '../../../models/gan/config.ts';
import { createDcgan } from '../../../models/gan/dcgan.ts';
import { dcganForwards } from '../../../models/gan/forwards.ts';
import { divergenceSchema } from '../../../models/training/config.ts';
import { value } from '../../../models/fce/value.ts';
import { firstCounters } from '../../../models/training/updates.ts';
import { toOnnx } from '../../../models/graph/onnx.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
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
import { distance, initialParams, noisyParams, normalTensor, toTensors } from '../../support/weights.ts';

const model = { latent: 3, channels: [4, 6] };
const section = (more: object = {}): object => ({ method: 'gan', updates: 10, batchSize: 8, model, ...more });
const { generator, discriminator } = createDcgan(dcganModelSchema.parse(model), imageShape);
const x = tf.sub(tf.div(tf.tensor(Float32Array.from(images(6, 4).bytes), [6, ...imageShape]), 256), 0.5);
const z = normalTensor([6, 3], 'z');
const scalar = (tensor: Tensor): number => tensor.dataSync()[0]!;
const close = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `Expected ${expected}, got ${actual}.`,
  );

describe('batch normalisation', () => {
  test(
    'gives every channel mean 0 and variance 1 over the batch and all positions, then its own scale '
      + 'and shift',
    () => {
      const y = normalise(normalTensor([5, 4, 4, 2], 'x', 3), momentsOf(normalTensor([5, 4, 4, 2], 'x', 3)), {
        scale: tf.tensor1d([1, 2]),
        shift: tf.tensor1d([0, 7]),
      });
      const { mean, variance } = momentsOf(y);
      [0, 7].forEach((expected, i) => close(mean.dataSync()[i]!, expected, 1e-5));
      [1, 4].forEach((expected, i) => close(variance.dataSync()[i]!, expected, 1e-4));
    },
  );

  test('takes the moments it is given', () => {
    const y = normalise(
      tf.tensor2d([[5], [9]]),
      { mean: tf.tensor1d([5]), variance: tf.tensor1d([4]) },
      { scale: tf.tensor1d([1]), shift: tf.tensor1d([1]) },
    );
    [1, 3].forEach((expected, i) => close(y.dataSync()[i]!, expected, 1e-5));
  });
});

describe('the losses of the game', () => {
  const even = tf.tensor1d([0, 0]);
  test('are log 4 for a discriminator that cannot tell, and log 2 for its generator', () => {
    close(-scalar(value({ data: even, samples: even })), Math.log(4), 1e-6);
    close(scalar(generatorLoss(even)), Math.log(2), 1e-6);
  });

  test(
    'move the generator where the discriminator is sure: the slope is -1 there, and that of log(1 - D) '
      + 'is 0',
    () => {
      const sure = tf.tensor1d([-30]);
      close(scalar(tf.grad(generatorLoss)(sure)), -1, 1e-6);
      close(scalar(tf.grad((u: Tensor) => value({ data: u, samples: u }))(tf.tensor1d([30]))), -1, 1e-6);
      assert.ok(
        Math.abs(scalar(tf.grad((u: Tensor) => tf.mean(tf.neg(tf.softplus(u))))(sure))) < 1e-9,
        'log(1 - D) should not move it',
      );
    },
  );
});

describe('a generator', () => {
  const params = noisyParams(generator.params, 0.1);
  const frozen = { ...params, ...generator.freeze(params, z) };

  test('frozen on a batch makes of that batch what it made while training', () => {
    assert.ok(
      distance(generator.sample(frozen, z), generator.sample(params, z)) < 1e-6,
      'the samples differ',
    );
  });

  test('frozen makes each sample by itself; while training a batch is normalised together', () => {
    const [first] = [tf.slice(z, [0], [1])];
    const of = (weights: typeof params, batch: Tensor): Tensor =>
      tf.slice(generator.sample(weights, batch), [0], [1]);
    assert.ok(distance(of(frozen, z), of(frozen, first)) < 1e-6, 'frozen, the batch has a say');
    assert.ok(distance(of(params, z), of(params, first)) > 1e-4, 'while training, the batch has no say');
  });

  test('starts with pictures about grey, and stays within the scale whatever the weights', () => {
    // A pixel sums 4 x 4 normalised, rectified values (mean square 1/2) by weights of 0.02: a spread of 0.06
    // before tanh / 2.
    const most = scalar(tf.max(tf.abs(generator.sample(initialParams(generator.params), z))));
    assert.ok(most < 5 * 0.03, `${most} from grey`);
    const wild = generator.sample(noisyParams(generator.params, 5), z);
    assert.ok(scalar(tf.max(tf.abs(wild))) <= 255 / 512, 'outside the scale');
  });

  test('has a gradient that agrees with a numeric one, through the discriminator', () => {
    const judge = noisyParams(discriminator.params, 0.2, 2);
    assertGradient(
      generator.params,
      (weights) => ({
        loss: generatorLoss(discriminator.logOdds(judge, generator.sample(weights, z))),
        aux: {},
      }),
      { step: 2e-3, relative: 2e-2 },
    );
  });
});

describe('a discriminator', () => {
  test('has a gradient that agrees with a numeric one', () => {
    const samples = normalTensor([6, ...imageShape], 'samples', 0.2);
    assertGradient(
      discriminator.params,
      (weights) => {
        const logOdds = {
          data: discriminator.logOdds(weights, x),
          samples: discriminator.logOdds(weights, samples),
        };
        return { loss: tf.neg(value(logOdds)), aux: {} };
      },
      { step: 2e-3, relative: 2e-2 },
    );
  });

  test('without normalisation judges each image by itself', () => {
    const alone = createDcgan(
      dcganModelSchema.parse({ ...model, normaliseDiscriminator: false }),
      imageShape,
    ).discriminator;
    const params = noisyParams(alone.params, 0.1);
    close(
      alone.logOdds(params, x).dataSync()[0]!,
      scalar(alone.logOdds(params, tf.slice(x, [0], [1]))),
      1e-5,
    );
    assert.ok(discriminator.params.length > alone.params.length, 'normalisation has no parameters');
  });
});

describe('an adversarial training', () => {
  const trained = (more: object = {}) => train(open(section(more)));

  test('alternates, the discriminator first, and counts both', () => {
    const { lines } = trained();
    assert.deepEqual(
      lines.slice(0, 4).map(({ turn }) => turn),
      ['discriminator', 'generator', 'discriminator', 'generator'],
    );
    assert.deepEqual([lines.at(-1)!.discriminatorUpdates, lines.at(-1)!.generatorUpdates], [5, 5]);
  });

  test(
    "tells each player's own figures in every line: V comes from the discriminator's moves alone, and "
      + 'accuracy means another thing in each',
    () => {
      const { lines } = trained();
      const [fifth, sixth] = [lines[4]!, lines[5]!];
      assert.equal(sixth.value, undefined);
      assert.deepEqual(
        [sixth['value.discriminator'], sixth['accuracy.discriminator'], sixth['gradNorm.discriminator']],
        [fifth.value, fifth.accuracy, fifth.gradNorm],
      );
      assert.deepEqual(
        [sixth['generatorLoss.generator'], sixth['accuracy.generator']],
        [sixth.generatorLoss, sixth.accuracy],
      );
    },
  );

  test("moves one player's weights only", () => {
    const opened = open(section());
    const before = opened.session.read(['generator', 'discriminator']);
    train(opened, firstCounters, 1);
    const after = opened.session.read(['generator', 'discriminator']);
    assert.deepEqual(after.generator, before.generator);
    assert.notDeepEqual(after.discriminator, before.discriminator);
  });

  test('teaches the discriminator to tell data from samples that hardly learn', () => {
    const { lines } = trained({
      updates: 60,
      generator: { learningRate: 1e-9 },
      discriminator: { learningRate: 1e-2 },
    });
    const last = lines.filter(({ turn }) => turn === 'discriminator').at(-1)!;
    assert.ok(Number(last.accuracy) > 0.9, `accuracy ${last.accuracy}`);
    assert.ok(Number(last.value) > -0.5, `V ${last.value}`);
  });

  test("has the paper's optimiser unless told otherwise", () => {
    const { generator: g, discriminator: d } = ganSchema.parse(section());
    assert.deepEqual([g.learningRate, g.beta1, g.clipNorm, g.decay], [2e-4, 0.5, null, 'none']);
    assert.deepEqual(d, g);
  });

  test('of ten updates equals five, a resume, and five more, bit for bit', () => {
    const [whole, resumed] = wholeAndResumed(section());
    assert.deepEqual(resumed.state, whole.state);
    assert.deepEqual(resumed.lines, whole.lines.slice(5));
  });

  const options: readonly (readonly [string, object])[] = [
    ['model.latent', { model: { ...model, latent: 4 } }],
    ['model.channels', { model: { ...model, channels: [4, 5] } }],
    ['model.normaliseDiscriminator', { model: { ...model, normaliseDiscriminator: false } }],
    ['batchSize', { batchSize: 9 }],
    ['flips', { flips: true }],
    ['averaging', { averaging: 0 }],
    ['generator.learningRate', { generator: { learningRate: 1e-3 } }],
    ['discriminator.learningRate', { discriminator: { learningRate: 1e-3 } }],
    ['generator.beta1', { generator: { beta1: 0.9 } }],
    ['discriminator.clipNorm', { discriminator: { clipNorm: 1e-9 } }],
    ['generator.decay', { generator: { decay: 'linear' } }],
  ];
  for (const [name, more] of options) {
    test(`changes with ${name}`, () => assert.notDeepEqual(trained(more).state, trained().state));
  }

  test('ends where the generator makes no finite picture any more, or its loss leaves the bound', () => {
    const broken = open(section());
    broken.session.assign({
      generator: broken.session.read(['generator']).generator!.map(() => Number.NaN) as Float32Array,
    });
    assert.throws(() => train(broken), /Diverged at update 1: value is NaN/);
    assert.throws(() => trained({ divergence: { maxValue: 0.1 } }), /over divergence.maxValue = 0.1/);
  });

  test('does not end where its discriminator is always right, as others do, unless it is told to', () => {
    const updatesOf = (divergence?: object): number | null =>
      ganSchema.parse(section({ ...(divergence && { divergence }) })).divergence.stuckAccuracyUpdates;
    assert.deepEqual(
      [
        updatesOf(),
        updatesOf({}),
        updatesOf({ stuckAccuracyUpdates: 9 }),
        divergenceSchema.parse({}).stuckAccuracyUpdates,
      ],
      [null, null, 9, 200],
    );
  });

  test('refuses a batch in parts, and sides that its convolutions do not halve evenly', () => {
    assert.throws(
      () => open(section({ microBatch: 4 })),
      /microBatch = null for method gan, whose batches are normalised whole, got 4/,
    );
    assert.throws(
      () => open(section({ shards: 2 })),
      /shards = null for method gan, whose batches are normalised whole, got 2/,
    );
    assert.throws(
      () => open(section({ model: { channels: [4, 4, 4, 4] } })),
      /divisible by 16 for 4 strided convolutions, got 8 x 8/,
    );
  });

  test('replayed agrees with eager, and the exported sampler with the frozen generator to 1e-4', async () => {
    const [eager, replay] = [open(section()), open(section(), { openSession })];
    const [expected, actual] = [train(eager, firstCounters, 4), train(replay, firstCounters, 4)];
    for (const name of stateOf(eager.training)) {
      expected.state[name]!.forEach((v, i) =>
        assert.ok(
          Math.abs(actual.state[name]![i]! - v) < 1e-4 * Math.max(1, Math.abs(v)),
          `${name}[${i}]: ${actual.state[name]![i]} is not ${v}`,
        ),
      );
    }
    const [sampler] = dcganForwards(ganSchema.parse(section()), imageShape, averages(eager, expected));
    const params = toTensors(sampler!.weights);
    const session = await InferenceSession.create(toOnnx({ ...sampler!, metadata: {} }), {
      logSeverityLevel: 3,
    });
    const all = normalTensor([5, 3], 'latents');
    for (const batch of [1, 5]) {
      const latents = tf.slice(all, [0], [batch]);
      const found = await session.run({
        z: new OrtTensor('float32', latents.dataSync() as Float32Array, [batch, 3]),
      });
      const expectedX = tf.slice(generator.sample(params, all), [0], [batch]); // a sample has no part in another's
      assert.ok(
        distance(tf.tensor(found.x!.data as Float32Array, [batch, ...imageShape]), expectedX) < 1e-4,
        'sampler and generator differ',
      );
    }
  });
});
