/** The Gaussian noise of noise contrastive estimation, in the variables that `gaussianOpponent` reads;
 *  moments in float64. */
import { DataError } from '../core/errors.ts';
import type { NceConfig } from './config.ts';

/** `data` [N, dim] row-major. `standard`: N(0, I); `matched`: the data's mean and covariance. */
export function fitGaussian(
  kind: NceConfig['noise'],
  data: Float32Array,
  dim: number,
): Record<string, Float32Array> {
  const mean = kind === 'standard' ? new Array<number>(dim).fill(0) : meanOf(data, dim);
  const lower = kind === 'standard' ? identity(dim) : cholesky(covarianceOf(data, mean));
  const inverse = invertLower(lower);
  return {
    'noise.mean': Float32Array.from(mean),
    'noise.factor': Float32Array.from(transpose(lower).flat()),
    'noise.inverse': Float32Array.from(transpose(inverse).flat()),
    'noise.logDet': Float32Array.of(lower.reduce((sum, row, i) => sum + Math.log(row[i]!), 0)),
  };
}

type Matrix = number[][];
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j)));
const transpose = (a: Matrix): Matrix => a.map((_, i) => a.map((row) => row[i]!));

function meanOf(data: Float32Array, dim: number): number[] {
  const sums = new Array<number>(dim).fill(0);
  for (let i = 0; i < data.length; i++) sums[i % dim]! += data[i]!;
  return sums.map((sum) => sum / (data.length / dim));
}

function covarianceOf(data: Float32Array, mean: readonly number[]): Matrix {
  const dim = mean.length;
  const count = data.length / dim;
  return mean.map((a, i) =>
    mean.map((b, j) => {
      let sum = 0;
      for (let n = 0; n < count; n++) sum += (data[n * dim + i]! - a) * (data[n * dim + j]! - b);
      return sum / count;
    }),
  );
}

/** Lower-triangular L with L L^T = a. Throws DataError where `a` is not positive definite. */
export function cholesky(a: Matrix): Matrix {
  const lower: Matrix = a.map((row) => row.map(() => 0));
  a.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const rest =
        row[j]! - lower[i]!.reduce((sum, value, k) => (k < j ? sum + value * lower[j]![k]! : sum), 0);
      if (i === j && !(rest > 0)) {
        throw new DataError(
          'Expected data that varies in every direction to match noise to, got a covariance with '
            + `pivot ${rest} in dimension ${i}.`,
        );
      }
      lower[i]![j] = i === j ? Math.sqrt(rest) : rest / lower[j]![j]!;
    }
  });
  return lower;
}

/** Inverse of a lower-triangular matrix by forward substitution. */
function invertLower(lower: Matrix): Matrix {
  const inverse = lower.map((row) => row.map(() => 0));
  for (let column = 0; column < lower.length; column++) {
    for (let i = column; i < lower.length; i++) {
      const known = lower[i]!.reduce(
        (sum, value, k) => (k < i ? sum + value * inverse[k]![column]! : sum),
        0,
      );
      inverse[i]![column] = (Number(i === column) - known) / lower[i]![i]!;
    }
  }
  return inverse;
}
