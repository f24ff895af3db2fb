/** Eigenvalues of a symmetric matrix, without its vectors: Householder reflections to a tridiagonal form,
 *  then QL steps with implicit shifts (Golub, Van Loan, "Matrix Computations", 8.3). Without the vectors it
 *  is some ten times faster than ml-matrix, which always finds them: that is what makes an FID's 2,048
 *  features a matter of seconds. */
import { DataError, ShapeError } from '../core/errors.ts';

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** Between i and i + 1; the last is 0. */
  readonly beside: Float64Array;
}

/** Of a [size, size], of which the lower triangle is used; in no order. float64. Throws ShapeError or
 *  DataError. */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  if (matrix.length !== size * size)
    throw new ShapeError(`Expected ${size} x ${size} values, got ${matrix.length}.`);
  if (!matrix.every(Number.isFinite))
    throw new DataError(
      'Expected a finite matrix to find the eigenvalues of, got values that are not finite.',
    );
  return diagonalise(tridiagonalise(matrix.slice(), size));
}

/** Reflects the rows from the last one up, each onto its element beside the diagonal; the work is on leading
 *  blocks, row by row. */
function tridiagonalise(a: Float64Array, size: number): Tridiagonal {
  const [diagonal, beside, p] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let row = size - 1; row > 0; row--) {
    const u = a.subarray(row * size, row * size + row); // length row: below its diagonal element
    diagonal[row] = a[row * size + row]!;
    const most = u.reduce((top, v) => Math.max(top, Math.abs(v)), 0);
    if (row === 1 || most === 0) {
      beside[row - 1] = u[row - 1]!;
      continue;
    }
    const length = most * Math.sqrt(u.reduce((sum, v) => sum + (v / most) ** 2, 0));
    const f = u[row - 1]!;
    const g = f >= 0 ? -length : length; // away from f, so that nothing cancels
    beside[row - 1] = g;
    u[row - 1] = f - g;
    reflect(a, size, u, length * length - f * g, p);
  }
  diagonal[0] = a[0]!;
  return { diagonal, beside };
}

/** A - u q^T - q u^T with q = p - u (u p) / (2 h), p = A u / h: the block of A above row u.length, lower
 *  triangle only. */
function reflect(a: Float64Array, size: number, u: Float64Array, h: number, p: Float64Array): void {
  const n = u.length;
  p.fill(0, 0, n);
  for (let i = 0; i < n; i++) {
    const at = i * size,
      ui = u[i]!;
    let sum = 0;
    for (let j = 0; j < i; j++) {
      sum += a[at + j]! * u[j]!;
      p[j]! += a[at + j]! * ui;
    }
    p[i]! += sum + a[at + i]! * ui;
  }
  let up = 0;
  for (let i = 0; i < n; i++) {
    p[i]! /= h;
    up += u[i]! * p[i]!;
  }
  const half = up / (2 * h);
  for (let i = 0; i < n; i++) p[i]! -= half * u[i]!;
  for (let i = 0; i < n; i++) {
    const at = i * size,
      ui = u[i]!,
      qi = p[i]!;
    for (let j = 0; j <= i; j++) a[at + j]! -= ui * p[j]! + qi * u[j]!;
  }
}

/** Each value converges cubically: two or three sweeps suffice. */
const mostSweeps = 60;

function diagonalise({ diagonal: d, beside: e }: Tridiagonal): Float64Array {
  const size = d.length;
  for (let first = 0; first < size; first++) {
    for (let sweep = 0; ; sweep++) {
      let last = first;
      while (
        last < size - 1
        && Math.abs(e[last]!) > Number.EPSILON * (Math.abs(d[last]!) + Math.abs(d[last + 1]!))
      )
        last++;
      if (last === first) break;
      if (sweep === mostSweeps)
        throw new DataError(
          `Expected the eigenvalues of ${size} features to converge in ${mostSweeps} sweeps, and `
            + `value ${first} did not.`,
        );
      sweepUp(d, e, first, last);
    }
  }
  return d;
}

/** One implicit QL step on the block from `first` to `last`, shifted by the eigenvalue of its first 2 x 2
 *  block that is nearer. */
function sweepUp(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const half = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  let g = d[last]! - d[first]! + e[first]! / (half + Math.sign(half || 1) * Math.hypot(half, 1));
  let s = 1,
    c = 1,
    shift = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = s * e[i]!,
      b = c * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= shift;
      e[last] = 0;
      return;
    } // the block has come apart
    [s, c] = [f / r, g / r];
    g = d[i + 1]! - shift;
    const t = (d[i]! - g) * s + 2 * c * b;
    shift = s * t;
    d[i + 1] = g + shift;
    g = c * t - b;
  }
  d[first]! -= shift;
  e[first] = g;
  e[last] = 0;
}
