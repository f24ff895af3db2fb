/** Whether a matrix can be the covariance of features, and of how many images at least: n images give one of
 *  rank n - 1 at most. */
import { ShapeError } from '../core/errors.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

export interface CovarianceFacts {
  /** Largest |s_ij - s_ji|, relative to the largest |s|; `at` says where. */
  readonly asymmetry: number;
  readonly at: readonly [row: number, column: number];
  /** Eigenvalues; NaN where the matrix is not symmetric. */
  readonly least: number;
  readonly largest: number;
  /** Eigenvalues that are no rounding of 0. */
  readonly rank: number;
  /** Features whose variance is no rounding of 0: others take nothing away from the rank they could give. */
  readonly varying: number;
}

/** Relative to the largest entry or eigenvalue. Covariances summed in float32, whose unit is 6e-8, come out
 *  asymmetric, and with negative eigenvalues, by some 1e-7; what is beyond this is no rounding. */
export const covarianceTolerance = 1e-6;

/** Negative eigenvalues show how far rounding moved those around them, up as well as down. */
const roundingReach = 10;

/** Of a finite [dims, dims], row-major. Throws ShapeError. */
export function covarianceFacts(covariance: Float64Array, dims: number): CovarianceFacts {
  if (covariance.length !== dims * dims)
    throw new ShapeError(`Expected a covariance of ${dims} x ${dims} values, got ${covariance.length}.`);
  const { asymmetry, at } = asymmetryOf(covariance, dims);
  if (asymmetry > covarianceTolerance)
    return { asymmetry, at, least: NaN, largest: NaN, rank: 0, varying: 0 };
  const eigenvalues = symmetricEigenvalues(covariance, dims);
  const [least, largest] = [
    eigenvalues.reduce((a, b) => Math.min(a, b), Infinity),
    eigenvalues.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const rounding = Math.max(dims * Number.EPSILON * largest, -roundingReach * least);
  const variances = Float64Array.from({ length: dims }, (_, i) => covariance[i * (dims + 1)]!);
  const above = (values: Float64Array): number =>
    values.reduce((count, value) => count + (value > rounding ? 1 : 0), 0);
  return { asymmetry, at, least, largest, rank: above(eigenvalues), varying: above(variances) };
}

function asymmetryOf(covariance: Float64Array, dims: number): Pick<CovarianceFacts, 'asymmetry' | 'at'> {
  let [largest, difference] = [0, 0];
  let at: [number, number] = [0, 0];
  for (let row = 0; row < dims; row++) {
    for (let column = 0; column < dims; column++) {
      const value = covariance[row * dims + column]!;
      largest = Math.max(largest, Math.abs(value));
      const apart = Math.abs(value - covariance[column * dims + row]!);
      if (apart > difference) [difference, at] = [apart, [row, column]];
    }
  }
  return { asymmetry: difference === 0 ? 0 : difference / largest, at };
}
