import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { choleskyRows } from '../../../models/metrics/cholesky.ts';
import { multiplyTransposed } from '../../../models/metrics/multiply64.ts';
import { symmetricEigenvalues } from '../../../models/metrics/symmetric-eigenvalues.ts';
import { normal } from '../../../models/core/random.ts';

const random = (count: number, stream: string): Float64Array =>
  Float64Array.from({ length: count }, normal(1, stream));
const largest = (values: Iterable<number>): number => Math.max(...[...values].map(Math.abs));
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const differ = (found: Iterable<number>, expected: readonly number[]): number =>
  largest([...found].map((v, i) => v - expected[i]!));

describe('a product of float64 matrices', () => {
  test('is the sum of products, whatever is left over of tiles and stretches', () => {
    for (const [rows, columns, inner] of [
      [1, 1, 1],
      [4, 2, 256],
      [5, 3, 257],
      [7, 8, 600],
      [9, 1, 3],
    ] as const) {
      const [a, b] = [random(rows * inner, 'a'), random(columns * inner, 'b')];
      const expected = Array.from({ length: rows * columns }, (_, k) => {
        const [i, j] = [Math.floor(k / columns), k % columns];
        return Array.from({ length: inner }, (_, l) => a[i * inner + l]! * b[j * inner + l]!).reduce(
          (sum, v) => sum + v,
          0,
        );
      });
      assert.ok(differ(multiplyTransposed(a, b, inner), expected) < 1e-12, `${rows} x ${columns} x ${inner}`);
      const square = multiplyTransposed(a, a, inner);
      assert.deepEqual(multiplyTransposed(a, a, inner, { lower: true }).length, square.length);
      assert.ok(
        differ(multiplyTransposed(a, a, inner, { lower: true }), [...square]) < 1e-12,
        'the lower triangle, mirrored',
      );
    }
  });

  test('refuses rows of two lengths', () => {
    assert.throws(() => multiplyTransposed(random(6, 'a'), random(7, 'b'), 3), { name: 'ShapeError' });
  });
});

describe('the eigenvalues of a symmetric matrix', () => {
  test('are those of the second difference in closed form, 2 - 2 cos(pi k / (n + 1))', () => {
    const n = 50;
    const matrix = Float64Array.from(
      { length: n * n },
      (_, k) => ({ 0: 2, 1: -1 })[Math.abs(Math.floor(k / n) - (k % n))] ?? 0,
    );
    const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos((Math.PI * (k + 1)) / (n + 1)));
    assert.ok(differ(sorted(symmetricEigenvalues(matrix, n)), expected) < 1e-13, 'closed form');
  });

  test('are those that ml-matrix finds with the vectors', () => {
    for (const n of [1, 2, 3, 17, 60]) {
      const a = random(n * n, `matrix ${n}`);
      const symmetric = a.map((_, k) => a[k]! + a[(k % n) * n + Math.floor(k / n)]!);
      const expected = new EigenvalueDecomposition(Matrix.from1DArray(n, n, symmetric), {
        assumeSymmetric: true,
      }).realEigenvalues;
      assert.ok(differ(sorted(symmetricEigenvalues(symmetric, n)), sorted(expected)) < 1e-11, `${n}`);
    }
  });

  test('are found for repeated values, low rank, and scales far apart', () => {
    assert.deepEqual([...symmetricEigenvalues(Float64Array.of(3, 0, 0, 0, 3, 0, 0, 0, 3), 3)], [3, 3, 3]);
    assert.ok(
      differ(sorted(symmetricEigenvalues(new Float64Array(25).fill(2), 5)), [0, 0, 0, 0, 10]) < 1e-13,
      'rank 1',
    );
    assert.deepEqual(sorted(symmetricEigenvalues(Float64Array.of(1e200, 0, 0, 1e-200), 2)), [1e-200, 1e200]);
  });

  test('are refused where a feature is no number', () => {
    assert.throws(() => symmetricEigenvalues(Float64Array.of(1, NaN, NaN, NaN, 1, NaN, NaN, NaN, 1), 3), {
      name: 'DataError',
      message: /not finite/,
    });
  });
});

describe('the factor of a covariance', () => {
  test('gives it back, and has as many rows as the covariance has rank', () => {
    for (const [size, rank] of [
      [6, 6],
      [9, 4],
      [5, 1],
    ] as const) {
      const rows = random(size * rank, 'rows');
      const covariance = multiplyTransposed(rows, rows, rank);
      const factor = choleskyRows(covariance, size);
      assert.equal(factor.length / size, rank);
      const transposed = Float64Array.from(
        { length: factor.length },
        (_, k) => factor[(k % rank) * size + Math.floor(k / rank)]!,
      );
      assert.ok(
        differ(multiplyTransposed(transposed, transposed, rank), [...covariance])
          < 1e-13 * largest(covariance),
        `${size}, ${rank}`,
      );
    }
  });

  test('of features that never change is empty', () => {
    assert.equal(choleskyRows(new Float64Array(9), 3).length, 0);
  });
});
