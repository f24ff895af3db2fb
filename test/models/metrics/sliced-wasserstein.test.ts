import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReplaySession } from '../../../infra/compute/replay-session.ts';
import { EagerSession } from '../../../models/graph/eager-session.ts';
import type { Program } from '../../../models/graph/program.ts';
import {
  meanWasserstein,
  slicedWasserstein,
  unitDirections,
} from '../../../models/metrics/sliced-wasserstein.ts';
import { normal } from '../../../models/core/random.ts';
import { tf, type Tensor, type Values } from '../../../models/core/tensors.ts';

const key = (): Tensor => tf.tensor1d([3, 4], 'int32');
const numberOf = (scalar: Tensor): number => scalar.dataSync()[0]!;
const close = (value: number, exact: number, tolerance: number): void =>
  assert.ok(Math.abs(value - exact) <= tolerance, `Expected ${exact} within ${tolerance}, got ${value}.`);

function normals(shape: readonly number[], stream: string, { mean = 0, std = 1 } = {}): Tensor {
  const next = normal(1, stream);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => mean + std * next()),
    [...shape],
  );
}

describe('the 1-Wasserstein distance on the line', () => {
  const column = (values: number[]): Tensor => tf.tensor2d(values, [values.length, 1]);
  test('pairs the k-th smallest with the k-th smallest, whatever order the points come in', () => {
    close(numberOf(meanWasserstein(column([5, 1, 3]), column([2, 7, 3]))), (1 + 0 + 2) / 3, 1e-6);
    assert.equal(numberOf(meanWasserstein(column([1, 2, 3]), column([3, 1, 2]))), 0);
  });
  test('of points and their shifted copies is the shift, in every column its own', () => {
    const points = normals([200, 2], 'points');
    close(numberOf(meanWasserstein(points, tf.add(points, tf.tensor1d([0.5, -2])))), 1.25, 1e-5);
  });
  test('of N(0, 1) and N(0, s^2) is |s - 1| times E|z| = sqrt(2 / pi)', () => {
    const [a, b] = [normals([40_000, 1], 'a'), normals([40_000, 1], 'b', { std: 1.5 })];
    close(numberOf(meanWasserstein(a, b)), 0.5 * Math.sqrt(2 / Math.PI), 0.02);
  });
});

describe('random directions', () => {
  test('have length 1, and see of a shift d in three dimensions |d| / 2 on average, as the sphere has it', () => {
    const directions = unitDirections([3], 4000, key());
    (tf.norm(directions, 2, 0).dataSync() as Float32Array).forEach((length) => close(length, 1, 1e-5));
    const project = (x: Tensor): Tensor => tf.matMul(x as tf.Tensor2D, directions as tf.Tensor2D);
    const points = normals([50, 3], 'cloud');
    close(
      numberOf(meanWasserstein(project(points), project(tf.add(points, tf.tensor1d([2, -1, 2]))))),
      1.5,
      0.05,
    );
  });
});

describe('the sliced Wasserstein distance of images', () => {
  const images = normals([40, 16, 16, 3], 'images', { std: 0.2 });
  const distance = (samples: Tensor, projections = 128): number =>
    numberOf(slicedWasserstein(samples, images, projections, key()));

  test('is zero for the same images, in any order', () => {
    assert.equal(distance(images), 0);
    assert.equal(distance(tf.reverse(images, 0)), 0);
  });
  test('does not depend on the scale of the grey levels: it is in standard deviations of the images', () => {
    const samples = normals([40, 16, 16, 3], 'samples', { std: 0.3 });
    const doubled = numberOf(slicedWasserstein(tf.mul(samples, 2), tf.mul(images, 2), 128, key()));
    close(doubled, distance(samples), 1e-5);
  });
  test('of images with s times the contrast is |s - 1| times the mean size of a projection, at every scale', () => {
    // Independent pixels: each scale of unit variance, so that projections are N(0, 1) but for what the
    // pyramid takes out.
    const expected = 0.5 * Math.sqrt(2 / Math.PI);
    close(distance(tf.mul(images, 1.5), 512), expected, 0.06 * expected);
  });
  test('sees a change of the fine detail alone, and one of the coarse picture alone', () => {
    const half = tf.reshape(tf.mean(tf.reshape(images, [40 * 8, 2, 8, 2, 3]), [1, 3], true), [
      40 * 8,
      1,
      8,
      1,
      3,
    ]);
    const coarse = tf.reshape(tf.tile(half, [1, 2, 1, 2, 1]), [40, 16, 16, 3]);
    assert.ok(distance(coarse) > 0.2, `without fine detail: ${distance(coarse)}`);
    const shifted = distance(tf.add(images, 0.2));
    assert.ok(shifted > 0.2, `brighter: ${shifted}`);
  });
  test('takes the number of directions and the key into account', () => {
    const samples = normals([40, 16, 16, 3], 'samples', { std: 0.3 });
    assert.notEqual(distance(samples, 128), distance(samples, 64));
    assert.notEqual(
      distance(samples),
      numberOf(slicedWasserstein(samples, images, 128, tf.tensor1d([3, 5], 'int32'))),
    );
  });
  for (const shape of [
    [6, 12, 12, 1],
    [6, 20, 20, 3],
    [6, 8, 8, 1],
  ]) {
    test(`covers images of [${shape.slice(1)}] to their edges`, () => {
      const base = normals(shape, 'edges', { std: 0.2 });
      const edge = tf.pad(tf.ones([shape[0]!, shape[1]! - 1, shape[2]! - 1, shape[3]!]), [
        [0, 0],
        [1, 0],
        [1, 0],
        [0, 0],
      ]);
      const far = tf.pad(tf.ones([shape[0]!, shape[1]! - 1, shape[2]! - 1, shape[3]!]), [
        [0, 0],
        [0, 1],
        [0, 1],
        [0, 0],
      ]);
      for (const mask of [edge, far]) {
        assert.ok(
          numberOf(slicedWasserstein(tf.mul(base, mask), base, 64, key())) > 1e-3,
          'a changed border makes no difference',
        );
      }
    });
  }
  test('is the same eagerly and replayed', () => {
    const shape = [12, 16, 16, 3];
    const program: Program = {
      variables: {},
      functions: {
        f: {
          inputs: { a: { shape, dtype: 'float32' }, b: { shape, dtype: 'float32' } },
          run: (_, { a, b }) => ({ outputs: { distance: slicedWasserstein(a!, b!, 60, key()) } }),
        },
      },
    };
    const fed = {
      a: normals(shape, 'one').dataSync() as Values,
      b: normals(shape, 'two').dataSync() as Values,
    };
    const [eager, replay] = [
      new EagerSession(program).run('f', fed),
      new ReplaySession(program).run('f', fed),
    ];
    close(replay.distance![0]!, eager.distance![0]!, 1e-6);
  });
});
