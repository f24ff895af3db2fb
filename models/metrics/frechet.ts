/** The Frechet distance between two Gaussians fitted to features (Dowson, Landau 1982; Heusel et al. 2017).
 *  d^2 = |m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2). */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { DataError, ShapeError } from '../errors.ts';
import { covarianceOf, type FeatureStatistics } from './feature-statistics.ts';

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
export function requireEnoughSamples(statistics: FeatureStatistics, which: string): void {
  const dims = statistics.mean.length;
  if (statistics.count > dims) return;
  throw new DataError(
    `A Frechet distance in ${dims} features needs at least ${dims + 1} samples, for fewer give a singular covariance and ` +
    `a distance that measures their number; the ${which} set has ${statistics.count}. Draw more samples or use a smaller network.`,
  );
}

const matrixOf = (values: Float64Array, dims: number): Matrix => Matrix.from1DArray(dims, dims, values);
const traceOf = (matrix: Matrix): number => matrix.diagonal().reduce((sum, v) => sum + v, 0);
/** Rounding makes eigenvalues of a positive semidefinite matrix slightly negative. */
const root = (eigenvalue: number): number => Math.sqrt(Math.max(eigenvalue, 0));
const decompose = (matrix: Matrix): EigenvalueDecomposition => new EigenvalueDecomposition(matrix, { assumeSymmetric: true });

/** tr (C1 C2)^(1/2): C1 C2 has the eigenvalues of the symmetric C1^(1/2) C2 C1^(1/2), and no general square root is needed. */
function traceOfRoot(first: Matrix, second: Matrix): number {
  const { eigenvectorMatrix: vectors, realEigenvalues } = decompose(first);
  const rootOfFirst = vectors.mmul(Matrix.diag(realEigenvalues.map(root))).mmul(vectors.transpose());
  const product = rootOfFirst.mmul(second).mmul(rootOfFirst);
  const symmetric = product.add(product.transpose()).mul(0.5);
  return decompose(symmetric).realEigenvalues.reduce((sum, v) => sum + root(v), 0);
}

/** The four terms for two sets' statistics, float64. Throws DataError where a set has no more samples than dimensions. */
export function frechetTerms(first: FeatureStatistics, second: FeatureStatistics): FrechetTerms {
  const dims = first.mean.length;
  if (second.mean.length !== dims) throw new ShapeError(`Expected two sets with ${dims} features, got ${second.mean.length} in the second.`);
  requireEnoughSamples(first, 'first');
  requireEnoughSamples(second, 'second');
  const [c1, c2] = [matrixOf(covarianceOf(first), dims), matrixOf(covarianceOf(second), dims)];
  return {
    meanTerm: first.mean.reduce((sum, m, i) => sum + (m - second.mean[i]!) ** 2, 0),
    traceFirst: traceOf(c1),
    traceSecond: traceOf(c2),
    traceRoot: traceOfRoot(c1, c2),
  };
}

/** d^2, the figure that is published as FID where the features are Inception's. */
export function frechetDistance(first: FeatureStatistics, second: FeatureStatistics): number {
  const { meanTerm, traceFirst, traceSecond, traceRoot } = frechetTerms(first, second);
  return meanTerm + traceFirst + traceSecond - 2 * traceRoot;
}
