import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ebmSchema } from '../../../models/ebm/config.ts';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import type { Ebm } from '../../../models/ebm/ebm.ts';
import { layoutSize, type Params } from '../../../models/core/params.ts';
import { tf } from '../../../models/core/tensors.ts';
import { assertBelow } from '../../support/assert-below.ts';
import { distance, initialParams, noisyParams, normalTensor } from '../../support/weights.ts';

const dense = (more: object = {}): Ebm =>
  createEbm(ebmSchema.parse({ kind: 'dense', width: 8, hiddenLayers: 2, ...more }), [2]);
const conv = (more: object = {}): Ebm =>
  createEbm(ebmSchema.parse({ kind: 'conv', channels: [4, 6], ...more }), [8, 8, 3]);

for (const [name, ebm, features] of [
  ['dense', dense(), 8],
  ['conv', conv(), 2 * 2 * 6],
] as const) {
  describe(`the ${name} EBM`, () => {
    const params: Params = { ...noisyParams(ebm.params, 0.1), logNormalizer: tf.scalar(1.25) };
    const x = normalTensor([5, ...ebm.dataShape], 'x');
    test('has one energy, one log-density and one feature vector for each datum', () => {
      assert.deepEqual(
        [ebm.energy(params, x).shape, ebm.logProb(params, x).shape, ebm.features(params, x).shape],
        [[5], [5], [5, features]],
      );
    });
    test('log p = -energy - logNormalizer', () => {
      assertBelow(distance(ebm.logProb(params, x), tf.sub(tf.neg(ebm.energy(params, x)), 1.25)), 1e-6);
    });
    test("the energy is affine in the features, with the head's weights", () => {
      const f = tf.add(
        tf.matMul(ebm.features(params, x) as tf.Tensor2D, params['head/weight'] as tf.Tensor2D),
        params['head/bias']!,
      );
      assertBelow(distance(tf.neg(tf.reshape(f, [5])), ebm.energy(params, x)), 1e-5);
    });
    test("a datum's energy does not depend on the rest of its batch", () => {
      assertBelow(
        distance(tf.slice(ebm.energy(params, x), 3, 1), ebm.energy(params, tf.slice(x, 3, 1))),
        1e-5,
      );
    });
    test('the log normaliser is a scalar that starts at 0, last in the list', () => {
      assert.deepEqual(ebm.params.at(-1), { name: 'logNormalizer', shape: [], init: { kind: 'zeros' } });
    });
    test('d mean(log p) / d logNormalizer is -1, and every other parameter has a gradient', () => {
      const names = ebm.params.map((spec) => spec.name);
      const slopes = tf.grads((...values) =>
        tf.mean(ebm.logProb(Object.fromEntries(names.map((key, i) => [key, values[i]!])), x)),
      )(names.map((key) => params[key]!));
      assertBelow(Math.abs(slopes.at(-1)!.dataSync()[0]! + 1), 1e-6);
      slopes.forEach((slope, i) => assert.ok(tf.max(tf.abs(slope)).dataSync()[0]! > 0, names[i]));
    });
  });
}

test(
  "He's start keeps the activations' mean square within a factor of 2 of the data's through the " + 'layers',
  () => {
    const wide = createEbm(ebmSchema.parse({ kind: 'dense', width: 256, hiddenLayers: 4 }), [64]);
    const features = wide.features(initialParams(wide.params), normalTensor([200, 64], 'x'));
    const meanSquare = tf.mean(tf.square(features)).dataSync()[0]!;
    assert.ok(meanSquare > 1 / 2 && meanSquare < 2, `${meanSquare}`);
  },
);

describe('every option of an EBM changes it', () => {
  const fingerprint = (ebm: Ebm): string =>
    `${layoutSize(ebm.params)} ${ebm
      .energy(noisyParams(ebm.params, 0.3), normalTensor([3, ...ebm.dataShape], 'x'))
      .dataSync()
      .join()}`;
  for (const [name, make, change] of [
    ['width', dense, { width: 9 }],
    ['hiddenLayers', dense, { hiddenLayers: 3 }],
    ['leakySlope', dense, { leakySlope: 0.1 }],
    ['channels', conv, { channels: [4, 7] }],
    ['number of channels', conv, { channels: [4, 6, 8] }],
    ['leakySlope', conv, { leakySlope: 0.1 }],
  ] as const) {
    test(`${make === dense ? 'dense' : 'conv'} ${name}`, () =>
      assert.notEqual(fingerprint(make(change)), fingerprint(make())));
  }
});

describe('errors name the rule, the value and the remedy', () => {
  const errors: [string, object, number[], RegExp][] = [
    [
      'images too small for the convolutions',
      { kind: 'conv', channels: [4, 4] },
      [6, 8, 3],
      /divisible by 4 for 2 strided convolutions, got 6 x 8\. Use fewer/,
    ],
    [
      'a dense EBM for images',
      { kind: 'dense' },
      [8, 8, 3],
      /\[dim\] for the dense EBM, got \[8,8,3\]\. Choose/,
    ],
    [
      'a convolutional EBM for vectors',
      { kind: 'conv' },
      [2],
      /\[H, W, C\] for the convolutional EBM, got \[2\]\. Choose/,
    ],
  ];
  for (const [name, config, shape, message] of errors) {
    test(name, () =>
      assert.throws(() => createEbm(ebmSchema.parse(config), shape), { name: 'ShapeError', message }),
    );
  }
});
