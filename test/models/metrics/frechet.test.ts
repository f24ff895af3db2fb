import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  mergeStatistics,
  statisticsOf,
  type FeatureStatistics,
} from '../../../models/metrics/feature-statistics.ts';
import {
  frechetDistance as distanceOf,
  frechetTerms as termsOf,
  gaussianOf,
} from '../../../models/metrics/frechet.ts';
import { normal } from '../../../models/core/random.ts';

const close = (found: number, expected: number, tolerance = 1e-10): void =>
  assert.ok(
    Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found} against ${expected}`,
  );

const frechetDistance = (first: FeatureStatistics, second: FeatureStatistics): number =>
  distanceOf(gaussianOf(first, 'first'), gaussianOf(second, 'second'));
const frechetTerms = (first: FeatureStatistics, second: FeatureStatistics) =>
  termsOf(gaussianOf(first, 'first'), gaussianOf(second, 'second'));

function gaussianRows(count: number, dims: number, stream: string, scale = 1, shift = 0): Float64Array {
  const next = normal(3, stream);
  const rows = new Float64Array(count * dims);
  for (let row = 0; row < rows.length; row += dims) {
    let previous = 0;
    for (let i = 0; i < dims; i++) {
      previous = 0.5 * previous + next();
      rows[row + i] = scale * previous + shift;
    }
  }
  return rows;
}

/** Statistics with a diagonal covariance and a mean that are exactly these. */
function exactStatistics(mean: number[], variances: number[]): FeatureStatistics {
  const dims = mean.length;
  const count = dims + 2;
  const scatter = Float64Array.from({ length: dims * dims }, (_, k) =>
    k % (dims + 1) === 0 ? variances[k / (dims + 1)]! * (count - 1) : 0,
  );
  return { count, mean: Float64Array.from(mean), scatter };
}

describe('the Frechet distance', () => {
  test('of equal covariances is the squared distance of the means', () => {
    const rows = gaussianRows(200, 6, 'rows');
    const moved = rows.map((v, i) => v + (i % 6));
    close(frechetDistance(statisticsOf(rows, 6), statisticsOf(moved, 6)), 0 + 1 + 4 + 9 + 16 + 25, 1e-9);
  });

  test('of a set to itself is zero', () => {
    const statistics = statisticsOf(gaussianRows(100, 5, 'rows'), 5);
    close(frechetDistance(statistics, statistics), 0, 1e-9);
  });

  test('of diagonal covariances is the sum of squared differences of means and of deviations', () => {
    const first = exactStatistics([0, 0, 1], [1, 4, 9]);
    const second = exactStatistics([1, 0, 1], [4, 4, 1]);
    close(frechetDistance(first, second), 1 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2);
    const terms = frechetTerms(first, second);
    close(terms.meanTerm, 1);
    close(terms.traceFirst, 14);
    close(terms.traceSecond, 9);
    close(terms.traceRoot, 2 + 4 + 3);
  });

  test('of covariances that do not commute agrees with the closed form in two dimensions', () => {
    const of = (a: number, b: number, c: number): FeatureStatistics => ({
      count: 11,
      mean: new Float64Array(2),
      scatter: Float64Array.of(a, b, b, c).map((v) => 10 * v),
    });
    const [first, second] = [of(2, 0.5, 1), of(1, -0.3, 3)];
    // tr (M)^(1/2) = sqrt(tr M + 2 sqrt(det M)) for 2x2 M with positive eigenvalues.
    const trace = 2 * 1 + 2 * 0.5 * -0.3 + 1 * 3;
    const determinant = (2 * 1 - 0.25) * (1 * 3 - 0.09);
    close(frechetTerms(first, second).traceRoot, Math.sqrt(trace + 2 * Math.sqrt(determinant)));
  });

  test('is symmetric in its two sets', () => {
    const first = statisticsOf(gaussianRows(80, 4, 'first'), 4);
    const second = statisticsOf(gaussianRows(90, 4, 'second', 2, 1), 4);
    close(frechetDistance(first, second), frechetDistance(second, first));
  });

  test('is defined for features that never change', () => {
    const rows = gaussianRows(50, 4, 'rows').map((v, i) => (i % 4 === 2 ? 0 : v));
    close(frechetDistance(statisticsOf(rows, 4), statisticsOf(rows, 4)), 0, 1e-7);
  });

  test('is never below zero: what rounding makes of the zero of equal sets is zero', () => {
    for (let dims = 2; dims < 40; dims++) {
      const statistics = statisticsOf(gaussianRows(2 * dims, dims, `equal ${dims}`, 100, 1000), dims);
      const distance = frechetDistance(statistics, statistics);
      assert.ok(distance >= 0 && distance < 1e-6 * 1e4 * dims, `${distance} in ${dims} dimensions`);
    }
  });

  test('refuses covariances that would make it negative, and those of another size', () => {
    const [mean, unit] = [new Float64Array(2), Float64Array.of(1, 0, 0, 1)];
    const indefinite = { mean, covariance: Float64Array.of(1, 4, 4, 1) };
    assert.throws(() => distanceOf({ mean, covariance: unit }, indefinite), {
      name: 'DataError',
      message: /Expected a Frechet distance that is not negative, got -\d.*negative eigenvalues/,
    });
    assert.throws(() => distanceOf({ mean, covariance: unit }, { mean, covariance: unit.map(() => NaN) }), {
      name: 'DataError',
    });
    assert.throws(() => distanceOf({ mean, covariance: unit }, { mean, covariance: new Float64Array(9) }), {
      name: 'ShapeError',
      message: /2 x 2 values, got 9/,
    });
  });

  test('refuses as many samples as dimensions, and says why', () => {
    const enough = statisticsOf(gaussianRows(9, 8, 'enough'), 8);
    const few = statisticsOf(gaussianRows(8, 8, 'few'), 8);
    assert.throws(
      () => frechetDistance(enough, few),
      /8 features needs at least 9 samples.*singular covariance.*second set has 8\./,
    );
    assert.doesNotThrow(() => frechetDistance(enough, enough));
  });
});

describe('feature statistics', () => {
  test('merged from parts are those of the whole', () => {
    const rows = gaussianRows(100, 3, 'rows', 1, 50);
    const parts = [rows.slice(0, 30), rows.slice(30, 33), rows.slice(33)].map((part) =>
      statisticsOf(part, 3),
    );
    const [merged, whole] = [mergeStatistics(parts), statisticsOf(rows, 3)];
    assert.equal(merged.count, 100);
    merged.mean.forEach((v, i) => close(v, whole.mean[i]!, 1e-13));
    merged.scatter.forEach((v, i) => close(v, whole.scatter[i]!, 1e-12));
  });

  test('survive a mean far larger than the deviation', () => {
    const statistics = statisticsOf(Float64Array.of(1e8 + 1, 1e8 + 2, 1e8 + 3), 1);
    close(statistics.scatter[0]!, 2, 1e-6);
  });

  test('refuse a feature that is not finite, and name it', () => {
    assert.throws(() => statisticsOf(Float64Array.of(1, NaN, 2, 3), 2), /feature 1 has a mean of NaN/);
  });
});
