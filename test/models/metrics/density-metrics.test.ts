import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitsPerDim } from '../../../models/metrics/bits-per-dim.ts';
import { densityError } from '../../../models/metrics/density-error.ts';
import { median } from '../../../models/metrics/median.ts';
import { logIntegral, logSumExp, squareGrid } from '../../../models/metrics/quadrature.ts';

test('the uniform density has exactly 8 bits per dimension', () => {
  assert.equal(bitsPerDim(0, 3072), 8);
});

test('a density twice as high in each dimension needs one bit less', () => {
  assert.ok(Math.abs(bitsPerDim(3072 * Math.LN2, 3072) - 7) < 1e-12);
});

test(
  'the median is the value in the middle, of an even number the mean of two, whatever a few far ones '
    + 'are',
  () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 3, 2]), 2.5);
    assert.equal(median([10, 9, 1e9]), 10);
    assert.equal(median([1, 2, NaN]), 2);
  },
);

test('the density error is the mean square of the difference, and is not re-centred', () => {
  assert.equal(densityError([1, 2, 3], [1, 2, 3]), 0);
  assert.equal(densityError([3, 4, 5], [1, 2, 3]), 4);
  assert.equal(densityError([0, 4], [1, 1]), 5);
});

test('a density error of different counts is refused', () => {
  assert.throws(() => densityError([1, 2], [1]), /got 2 and 1/);
});

test('a non-finite log-density gives a non-finite error', () => {
  assert.ok(!Number.isFinite(densityError([-Infinity, 1], [0, 1])));
});

test('the grid runs row by row from the lowest x2, at cell centres', () => {
  assert.deepEqual([...squareGrid(1, 2)], [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5]);
});

test('a Gaussian integrates to its closed form', () => {
  const points = squareGrid(6, 128);
  const f = Float64Array.from(
    { length: 128 * 128 },
    (_, k) => 3 - 0.5 * (points[2 * k]! ** 2 + points[2 * k + 1]! ** 2),
  );
  assert.ok(Math.abs(logIntegral(f, 6) - (3 + Math.log(2 * Math.PI))) < 1e-7);
});

test('the logarithm of a sum neither overflows nor underflows', () => {
  assert.ok(Math.abs(logSumExp([1e4, 1e4]) - (1e4 + Math.LN2)) < 1e-9);
  assert.ok(Math.abs(logSumExp([-1e4, -1e4]) - (-1e4 + Math.LN2)) < 1e-9);
  assert.equal(logSumExp([-Infinity, -Infinity]), -Infinity);
  assert.ok(Number.isNaN(logSumExp([0, NaN])));
});
