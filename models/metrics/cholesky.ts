/** Cholesky factors of positive semidefinite matrices, the largest diagonal element first, so that a matrix
 *  of lower rank has one too (Higham, "Accuracy and Stability of Numerical Algorithms", 10.3). */

/** F^T of a covariance C = F F^T, row-major [rank, size]; C [size, size] symmetric, float64. Directions whose
 *  variance is rounding error beside the largest are left out. */
export function choleskyRows(covariance: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  // variance not yet explained
  const left = Float64Array.from({ length: size }, (_, i) => covariance[i * size + i]!);
  const least = size * Number.EPSILON * left.reduce((top, v) => Math.max(top, v), 0);
  let rank = 0;
  for (; rank < size; rank++) {
    const pivot = left.reduce((best, v, i) => (v > left[best]! ? i : best), 0);
    if (left[pivot]! <= least) break;
    const row = covariance.slice(pivot * size, (pivot + 1) * size);
    for (let k = 0; k < rank; k++) {
      const at = k * size,
        weight = factor[at + pivot]!;
      if (weight !== 0) for (let j = 0; j < size; j++) row[j]! -= weight * factor[at + j]!;
    }
    const root = Math.sqrt(left[pivot]!);
    for (let j = 0; j < size; j++) {
      // those explained before are 0 but for rounding
      factor[rank * size + j] = left[j] === -1 ? 0 : row[j]! / root;
      if (left[j] !== -1) left[j] = Math.max(0, left[j]! - factor[rank * size + j]! ** 2);
    }
    left[pivot] = -1;
  }
  return factor.subarray(0, rank * size);
}
