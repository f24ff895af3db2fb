/** The Frechet distance between two Gaussians fitted to features (Dowson, Landau 1982; Heusel et al. 2017).
 *  d^2 = |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2). */
import { DataError, ShapeError } from '../core/errors.ts';
import { choleskyRows } from './cholesky.ts';
import { covarianceOf, type FeatureStatistics } from './feature-statistics.ts';
import { multiplyTransposed } from './multiply64.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

/** The formula's four terms; the distance is meanTerm + traceFirst + traceSecond - 2 * traceRoot. */
export interface FrechetTerms {
  /** |m1 - m2|^2 */
  readonly meanTerm: number;
  /** tr C1 */
  readonly traceFirst: number;
  /** tr C2 */
  readonly traceSecond: number;
  /** tr (C1 C2)^(1/2) */
  readonly traceRoot: number;
}

/** Throws DataError where there are no more samples than dimensions. `which` set it is, for the message. */
function requireEnoughSamples(statistics: FeatureStatistics, which: string): void {
  const dims = statistics.mean.length;
  if (statistics.count > dims) return;
  throw new DataError(
    `A Frechet distance in ${dims} features needs at least ${dims + 1} samples, for fewer give a `
      + `singular covariance and a distance that measures their number; the ${which} set has `
      + `${statistics.count}. Draw more samples or use a smaller network.`,
  );
}

const traceOf = (matrix: Float64Array, dims: number): number =>
  Array.from({ length: dims }, (_, i) => matrix[i * dims + i]!).reduce((sum, v) => sum + v, 0);

/** tr (C1 C2)^(1/2): with C1 = F F^T, C1 C2 has the eigenvalues of the symmetric F^T C2 F, and no general
 *  square root is needed. */
function traceOfRoot(first: Float64Array, second: Float64Array, dims: number): number {
  const factor = choleskyRows(first, dims); // F^T [rank, dims]
  // F^T C2 F [rank, rank]
  const product = multiplyTransposed(factor, multiplyTransposed(factor, second, dims), dims, { lower: true });
  // rounding makes eigenvalues of a positive semidefinite matrix slightly negative
  return symmetricEigenvalues(product, factor.length / dims).reduce(
    (sum, v) => sum + Math.sqrt(Math.max(v, 0)),
    0,
  );
}

/** What is left of a set of features. */
export interface Gaussian {
  /** [dims] */
  readonly mean: Float64Array;
  /** [dims, dims] */
  readonly covariance: Float64Array;
}

/** Throws DataError where the set has no more samples than dimensions; `which` set it is, for the message. */
export function gaussianOf(statistics: FeatureStatistics, which: string): Gaussian {
  requireEnoughSamples(statistics, which);
  return { mean: statistics.mean, covariance: covarianceOf(statistics) };
}

/** The four terms for two Gaussians, float64. */
export function frechetTerms(first: Gaussian, second: Gaussian): FrechetTerms {
  const dims = first.mean.length;
  if (second.mean.length !== dims)
    throw new ShapeError(`Expected two sets with ${dims} features, got ${second.mean.length} in the second.`);
  const wrong = [first, second].find(({ covariance }) => covariance.length !== dims * dims);
  if (wrong)
    throw new ShapeError(`Expected covariances of ${dims} x ${dims} values, got ${wrong.covariance.length}.`);
  const [c1, c2] = [first.covariance, second.covariance];
  return {
    meanTerm: first.mean.reduce((sum, m, i) => sum + (m - second.mean[i]!) ** 2, 0),
    traceFirst: traceOf(c1, dims),
    traceSecond: traceOf(c2, dims),
    traceRoot: traceOfRoot(c1, c2, dims),
  };
}

/** Relative to the terms that are subtracted from: the square roots of eigenvalues that should be 0, and are
 *  their rounding, come to less. */
const leastDistance = -1e-6;

/** d^2, the figure that is published as FID where the features are Inception's. It is a square: what rounding
 *  makes of the 0 of equal Gaussians is 0. Throws DataError where it is further below, for then one of the
 *  covariances is none. */
export function frechetDistance(first: Gaussian, second: Gaussian): number {
  const { meanTerm, traceFirst, traceSecond, traceRoot } = frechetTerms(first, second);
  const size = meanTerm + traceFirst + traceSecond;
  const distance = size - 2 * traceRoot;
  if (distance >= leastDistance * size) return Math.max(0, distance);
  throw new DataError(
    `Expected a Frechet distance that is not negative, got ${distance.toPrecision(3)} from terms of `
      + `${size.toPrecision(3)}: one of the two covariances has negative eigenvalues. Make the `
      + 'statistics again.',
  );
}
