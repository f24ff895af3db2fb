import '../../support/tensorflow.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { luMixing } from '../../../models/flow/lu-mixing.ts';
import {
  factorise64,
  identity64,
  invert64,
  multiply64,
  randomOrthogonal64,
  rows64,
  type Matrix64,
} from '../../../models/flow/matrix64.ts';
import type { Mixing } from '../../../models/flow/mixing.ts';
import { orthogonalMixing } from '../../../models/flow/orthogonal-mixing.ts';
import { invertUnitLower, mask } from '../../../models/flow/unit-triangular.ts';
import { tf, type Tensor } from '../../../models/core/tensors.ts';
import { assertBelow } from '../../support/assert-below.ts';
import { initialParams, noisyParams, normalTensor, toArrays } from '../../support/weights.ts';

const rowsOf = (t: Tensor): Matrix64 => rows64(t.dataSync(), t.shape.at(-1)!);
const difference = (a: Matrix64, b: Matrix64): number =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
const largest = (a: Matrix64): number => Math.max(...a.flat().map(Math.abs));

describe('float64 matrices', () => {
  test('P L U is the matrix, L unit lower, U upper triangular', () => {
    const a = randomOrthogonal64(7, 'a');
    const { p, l, u } = factorise64(a);
    assertBelow(difference(multiply64(p, multiply64(l, u)), a), 1e-14);
    l.forEach((row, i) =>
      row.forEach((value, j) =>
        assert.ok(j > i ? value === 0 : j < i || value === 1, `l[${i}][${j}] = ${value}`),
      ),
    );
    u.forEach((row, i) =>
      row.forEach((value, j) => assert.ok(j >= i || value === 0, `u[${i}][${j}] = ${value}`)),
    );
  });
  test('an inverse times its matrix is the identity', () => {
    const a = rows64(normalTensor([9, 9], 'a').dataSync(), 9);
    assertBelow(difference(multiply64(invert64(a), a), identity64(9)), 1e-12);
  });
  test('a singular matrix has no inverse, and the error names the column', () => {
    assert.throws(
      () =>
        invert64([
          [1, 2],
          [2, 4],
        ]),
      { name: 'DataError', message: /column 1 of 2/ },
    );
  });
});

describe('the inverse by matrix products', () => {
  const unitLower = (size: number, std: number): Tensor =>
    tf.add(
      tf.mul(
        normalTensor([2, size, size], `lower ${size}`, std),
        mask(size, (row, column) => row > column),
      ),
      tf.eye(size),
    );
  for (const size of [1, 2, 3, 5, 8, 13, 48]) {
    test(`agrees with elimination in float64 at C = ${size} to 1e-5 of its largest entry`, () => {
      const a = unitLower(size, 0.3);
      const [, second] = tf.unstack(a);
      const exact = invert64(rowsOf(second!));
      assertBelow(
        difference(rowsOf(tf.unstack(invertUnitLower(a))[1]!), exact),
        1e-5 * Math.max(1, largest(exact)),
      );
    });
  }
  test('stays exact where the powers of N reach 10^14: all entries 1 below the diagonal, C = 48', () => {
    const a = tf.expandDims(
      mask(48, (row, column) => row >= column),
      0,
    );
    const inverse = rowsOf(tf.squeeze(invertUnitLower(a), [0]));
    inverse.forEach((row, i) =>
      row.forEach((value, j) => assert.equal(value + 0, i === j ? 1 : i === j + 1 ? -1 : 0)),
    );
  });
  test('has the gradient of an inverse', () => {
    const a = unitLower(5, 0.5);
    const weight = normalTensor([2, 5, 5], 'weight');
    const direction = tf.mul(
      normalTensor([2, 5, 5], 'direction'),
      mask(5, (row, column) => row > column),
    );
    const f = (x: Tensor): Tensor => tf.sum(tf.mul(invertUnitLower(x), weight));
    const claimed = tf.sum(tf.mul(tf.grad(f)(a), direction)).dataSync()[0]!;
    const along = (h: number): number => f(tf.add(a, tf.mul(h, direction))).dataSync()[0]!;
    assertBelow(
      Math.abs((along(1e-2) - along(-1e-2)) / 2e-2 - claimed),
      1e-2 * Math.max(1, Math.abs(claimed)),
    );
  });
});

const kinds: Record<string, (channels: number) => Mixing> = {
  lu: (c) => luMixing(c, 'here'),
  orthogonal: orthogonalMixing,
};
for (const [kind, make] of Object.entries(kinds)) {
  describe(`${kind} mixing`, () => {
    for (const channels of [2, 12, 48]) {
      test(
        `its float32 inverse at C = ${channels} with random weights is the float64 inverse to 1e-4 of `
          + 'its largest entry',
        () => {
          const mixing = make(channels);
          const params = noisyParams(mixing.params, 0.1);
          const exact = invert64(mixing.matrix64(toArrays(params)));
          assertBelow(
            difference(rowsOf(mixing.matrix(params)), mixing.matrix64(toArrays(params))),
            1e-5 * Math.max(1, largest(exact)),
          );
          assertBelow(difference(rowsOf(mixing.inverse(params)), exact), 1e-4 * Math.max(1, largest(exact)));
        },
      );
    }
    test('starts as a rotation', () => {
      const mixing = make(12);
      const w = mixing.matrix64(toArrays(initialParams(mixing.params)));
      assertBelow(
        difference(
          multiply64(
            w,
            w[0]!.map((_, j) => w.map((row) => row[j]!)),
          ),
          identity64(12),
        ),
        1e-5,
      );
      assertBelow(Math.abs(mixing.logDet(initialParams(mixing.params)).dataSync()[0]!), 1e-5);
      assert.ok(difference(w, identity64(12)) > 0.1, 'it mixes nothing');
    });
  });
}

test('the LU form of another step starts as another rotation, and of the same step as the same', () => {
  const start = (place: string): Float32Array =>
    toArrays(initialParams(luMixing(6, place).params)).lower!.values as Float32Array;
  assert.deepEqual(start('level0/step0'), start('level0/step0'));
  assert.notDeepEqual(start('level0/step0'), start('level0/step1'));
});

test('an orthogonal matrix stays orthogonal whatever its parameters are', () => {
  const mixing = orthogonalMixing(24);
  const w = rowsOf(mixing.matrix(noisyParams(mixing.params, 3)));
  assertBelow(
    difference(
      multiply64(
        w,
        w[0]!.map((_, j) => w.map((row) => row[j]!)),
      ),
      identity64(24),
    ),
    1e-5,
  );
});
