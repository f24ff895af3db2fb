/** Integrals over the square [-extent, extent]^2 by the midpoint rule, which converges faster than any power
 *  of the cell's side for smooth densities that vanish at the border. */
import { ShapeError } from '../core/errors.ts';

/** Centres of size^2 cells, [size^2, 2], row by row: the first row has the lowest x2, the first column the
 *  lowest x1. */
export function squareGrid(extent: number, size: number): Float32Array {
  const centre = (i: number): number => extent * ((2 * i + 1) / size - 1);
  const points = new Float32Array(2 * size * size);
  for (let k = 0; k < size * size; k++) {
    points[2 * k] = centre(k % size);
    points[2 * k + 1] = centre(Math.floor(k / size));
  }
  return points;
}

/** log(sum_i exp(v_i)), without overflow; -Infinity for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return NaN;
    top = Math.max(top, values[i]!);
  }
  if (!Number.isFinite(top)) return top;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}

/** log of the integral of exp(f) over the square, nats; f at the cell centres of `squareGrid(extent,
 *  size)`. */
export function logIntegral(f: ArrayLike<number>, extent: number): number {
  const size = Math.sqrt(f.length);
  if (!Number.isInteger(size) || size === 0)
    throw new ShapeError(`Expected a square number of cells, got ${f.length}.`);
  return logSumExp(f) + 2 * Math.log((2 * extent) / size);
}
