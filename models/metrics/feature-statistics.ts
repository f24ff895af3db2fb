/** Mean and scatter of feature vectors in float64, batch by batch: statistics of parts merge into those of
 *  the whole (Chan, Golub, LeVeque 1983). Floating-point sums depend on their order, so merge parts in a
 *  fixed one. */
import { DataError, ShapeError } from '../core/errors.ts';
import { multiplyTransposed } from './multiply64.ts';

export interface FeatureStatistics {
  readonly count: number;
  /** [dims] */
  readonly mean: Float64Array;
  /** Sum of (x - mean)(x - mean)^T, [dims, dims] row-major, both triangles. */
  readonly scatter: Float64Array;
}

/** Statistics of features [count, dims]. Throws DataError on a non-finite feature. */
export function statisticsOf(features: Float32Array | Float64Array, dims: number): FeatureStatistics {
  const count = features.length / dims;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError(
      `Expected rows of ${dims} features and at least one, got ${features.length} values.`,
    );
  }
  const mean = new Float64Array(dims);
  for (let i = 0; i < features.length; i++) mean[i % dims]! += features[i]! / count;
  const bad = mean.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new DataError(
      `Features must be finite; feature ${bad} has a mean of ${mean[bad]} over ${count} rows.`,
    );
  return { count, mean, scatter: scatterAround(mean, features) };
}

function scatterAround(mean: Float64Array, features: Float32Array | Float64Array): Float64Array {
  const dims = mean.length;
  const count = features.length / dims;
  const centred = new Float64Array(features.length); // [dims, count]
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dims; i++) centred[i * count + row] = features[row * dims + i]! - mean[i]!;
  }
  return multiplyTransposed(centred, centred, count, { lower: true });
}

function mergePair(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  const dims = a.mean.length;
  if (b.mean.length !== dims)
    throw new ShapeError(`Expected statistics of ${dims} features to merge, got ${b.mean.length}.`);
  const count = a.count + b.count;
  const shift = b.mean.map((v, i) => v - a.mean[i]!);
  const weight = (a.count * b.count) / count;
  const scatter = new Float64Array(dims * dims);
  for (let i = 0; i < dims; i++) {
    for (let j = 0; j < dims; j++) {
      const at = i * dims + j;
      scatter[at] = a.scatter[at]! + b.scatter[at]! + weight * shift[i]! * shift[j]!;
    }
  }
  return { count, mean: a.mean.map((v, i) => v + (shift[i]! * b.count) / count), scatter };
}

/** Images whose statistics are taken at once; their bounds are fixed, so that any number of workers gives the
 *  same bits. */
export const shardSize = 1000;

/** Statistics of the union of the parts, merged from the first to the last. */
export function mergeStatistics(parts: readonly FeatureStatistics[]): FeatureStatistics {
  if (parts.length === 0) throw new DataError('Expected at least one part to merge, got none.');
  return parts.reduce(mergePair);
}

/** Unbiased covariance, [dims, dims]. */
export const covarianceOf = (statistics: FeatureStatistics): Float64Array =>
  statistics.scatter.map((v) => v / (statistics.count - 1));
