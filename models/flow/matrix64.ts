/** Small dense matrices in float64, outside TensorFlow: initial rotations and the constants of exported
 *  samplers. */
import { DataError } from '../core/errors.ts';
import { normal } from '../core/random.ts';

/** Rows of numbers. */
export type Matrix64 = number[][];

export const identity64 = (size: number): Matrix64 =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));

export const multiply64 = (a: Matrix64, b: Matrix64): Matrix64 =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

/** Row-major values of a square matrix -> rows. */
export const rows64 = (values: ArrayLike<number>, size: number): Matrix64 =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => values[i * size + j]!));

/** A rotation drawn from a named stream: Gram-Schmidt, twice for accuracy, on rows of standard normals. */
export function randomOrthogonal64(size: number, stream: string): Matrix64 {
  const next = normal(0, stream);
  const rows: Matrix64 = [];
  while (rows.length < size) {
    let row = Array.from({ length: size }, next);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const overlap = row.reduce((sum, value, k) => sum + value * other[k]!, 0);
        row = row.map((value, k) => value - overlap * other[k]!);
      }
    }
    const norm = Math.hypot(...row);
    rows.push(row.map((value) => value / norm));
  }
  return rows;
}

/** A = P L U with partial pivoting: L unit lower triangular, U upper triangular, P a permutation matrix. */
export function factorise64(a: Matrix64): { p: Matrix64; l: Matrix64; u: Matrix64 } {
  const size = a.length;
  const u = a.map((row) => [...row]);
  const l = identity64(size).map((row) => row.map(() => 0));
  const order = u.map((_, i) => i);
  for (let k = 0; k < size; k++) {
    const pivot = pivotRow(u, k);
    for (const rows of [u, l, order] as unknown[][]) [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = k + 1; i < size; i++) {
      const factor = u[i]![k]! / u[k]![k]!;
      l[i]![k] = factor;
      u[i] = u[i]!.map((value, j) => (j <= k ? 0 : value - factor * u[k]![j]!));
    }
  }
  for (let i = 0; i < size; i++) l[i]![i] = 1;
  const p = identity64(size).map((row) => row.map(() => 0));
  order.forEach((from, to) => (p[from]![to] = 1));
  return { p, l, u };
}

/** The inverse by Gauss-Jordan elimination with partial pivoting. */
export function invert64(a: Matrix64): Matrix64 {
  const size = a.length;
  const work = a.map((row, i) => [...row, ...identity64(size)[i]!]);
  for (let k = 0; k < size; k++) {
    const pivot = pivotRow(work, k);
    [work[k], work[pivot]] = [work[pivot]!, work[k]!];
    work[k] = work[k]!.map((value) => value / (work[k] as number[])[k]!);
    for (let i = 0; i < size; i++) {
      if (i === k) continue;
      const factor = work[i]![k]!;
      work[i] = work[i]!.map((value, j) => value - factor * work[k]![j]!);
    }
  }
  return work.map((row) => row.slice(size));
}

/** The row from k on with the largest entry in column k. */
function pivotRow(a: Matrix64, k: number): number {
  let best = k;
  for (let i = k + 1; i < a.length; i++) if (Math.abs(a[i]![k]!) > Math.abs(a[best]![k]!)) best = i;
  if (a[best]![k] === 0 || Number.isNaN(a[best]![k]))
    throw new DataError(`Expected an invertible matrix, got no pivot in column ${k} of ${a.length}.`);
  return best;
}
