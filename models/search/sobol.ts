/** Sobol's points: of any 2^k in a row from a multiple of 2^k, each axis has one in each of 2^k equal parts.
 *  Shifted at random, in base 2, by the seed. Sources: Sobol 1967; direction numbers of Joe and Kuo 2008
 *  (new-joe-kuo-6); Gray-code order, Antonov and Saleev 1979. */
import { uniform } from '../core/random.ts';
import { valueAt, type Parameters, type ParameterValues } from './parameter.ts';

const bits = 32;
/** From the second axis on: degree and inner coefficients of a primitive polynomial, and its first direction
 *  numbers. */
const axes: readonly (readonly [degree: number, coefficients: number, first: readonly number[]])[] = [
  [1, 0, [1]],
  [2, 1, [1, 3]],
  [3, 1, [1, 3, 1]],
  [3, 2, [1, 1, 1]],
  [4, 1, [1, 1, 3, 3]],
  [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]],
  [5, 4, [1, 1, 5, 5, 5]],
  [5, 7, [1, 1, 7, 11, 19]],
  [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]],
  [5, 14, [1, 3, 5, 5, 31]],
  [6, 1, [1, 3, 3, 9, 7, 49]],
  [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]],
];
export const mostAxes = axes.length + 1;

export function sobolPoint(parameters: Parameters, seed: number, trial: number): ParameterValues {
  const point = sobol(Object.keys(parameters).length, trial);
  return Object.fromEntries(
    Object.entries(parameters).map(([path, parameter], axis) => {
      const shift = Math.floor(uniform(seed, `sobol/${axis}`)() * 2 ** bits);
      return [path, valueAt(parameter, ((point[axis]! ^ shift) >>> 0) / 2 ** bits)];
    }),
  );
}

/** Point `index` of the sequence, not shifted: `dimensions` whole numbers of 32 bits. */
export function sobol(dimensions: number, index: number): number[] {
  const gray = (index ^ (index >>> 1)) >>> 0;
  return Array.from({ length: dimensions }, (_, axis) =>
    directions(axis).reduce((sum, direction, bit) => ((gray >>> bit) & 1 ? (sum ^ direction) >>> 0 : sum), 0),
  );
}

/** Of one axis, from 0: for each bit of the index a number of 32 bits. */
function directions(axis: number): number[] {
  if (axis === 0) return Array.from({ length: bits }, (_, i) => 2 ** (bits - 1 - i));
  const [degree, coefficients, first] = axes[axis - 1]!;
  const v = first.map((m, i) => m * 2 ** (bits - 1 - i));
  for (let i = degree; i < bits; i += 1) {
    let next = v[i - degree]! ^ (v[i - degree]! >>> degree);
    for (let k = 1; k < degree; k += 1) if ((coefficients >>> (degree - 1 - k)) & 1) next ^= v[i - k]!;
    v.push(next >>> 0);
  }
  return v;
}
