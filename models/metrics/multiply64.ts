/** Products of float64 matrices on one core. Sums run in an order that depends on the shapes alone, so the
 *  same input gives the same bits everywhere. Tiles of 4 x 2 sums stay in registers over stretches of rows
 *  that stay in the cache. */
import { ShapeError } from '../core/errors.ts';

/** Long enough to spread the cost of a tile, short enough that 6 of them lie in a core's first cache. */
const stretch = 256;

/** A B^T of a [rows, inner] and b [columns, inner], row-major -> [rows, columns]. With `lower`, for a
 *  symmetric product, elements above the diagonal are left to mirror those below. Throws ShapeError. */
export function multiplyTransposed(
  a: Float64Array,
  b: Float64Array,
  inner: number,
  { lower = false } = {},
): Float64Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || (lower && rows !== columns)) {
    throw new ShapeError(`Expected rows of ${inner} values, got ${a.length} and ${b.length} values.`);
  }
  const out = new Float64Array(rows * columns);
  for (let from = 0; from < inner; from += stretch) {
    const to = Math.min(inner, from + stretch);
    for (let i = 0; i < rows; i += 4) {
      const end = lower ? Math.min(i + 4, columns) : columns;
      for (let j = 0; j < end; j += 2) {
        if (i + 4 <= rows && j + 2 <= columns) addTile(out, a, b, { i, j, from, to, inner, columns });
        else addEdge(out, a, b, { i, j, from, to, inner, columns, rows });
      }
    }
  }
  if (lower) mirror(out, rows);
  return out;
}

interface Tile {
  readonly i: number;
  readonly j: number;
  readonly from: number;
  readonly to: number;
  readonly inner: number;
  readonly columns: number;
}

function addTile(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { i, j, from, to, inner, columns }: Tile,
): void {
  let s00 = 0,
    s01 = 0,
    s10 = 0,
    s11 = 0,
    s20 = 0,
    s21 = 0,
    s30 = 0,
    s31 = 0;
  const [a0, b0] = [i * inner, j * inner];
  const a1 = a0 + inner,
    a2 = a1 + inner,
    a3 = a2 + inner,
    b1 = b0 + inner;
  for (let k = from; k < to; k++) {
    const x = b[b0 + k]!,
      y = b[b1 + k]!;
    let v = a[a0 + k]!;
    s00 += v * x;
    s01 += v * y;
    v = a[a1 + k]!;
    s10 += v * x;
    s11 += v * y;
    v = a[a2 + k]!;
    s20 += v * x;
    s21 += v * y;
    v = a[a3 + k]!;
    s30 += v * x;
    s31 += v * y;
  }
  const at = i * columns + j;
  out[at]! += s00;
  out[at + 1]! += s01;
  out[at + columns]! += s10;
  out[at + columns + 1]! += s11;
  out[at + 2 * columns]! += s20;
  out[at + 2 * columns + 1]! += s21;
  out[at + 3 * columns]! += s30;
  out[at + 3 * columns + 1]! += s31;
}

function addEdge(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { i, j, from, to, inner, columns, rows }: Tile & { readonly rows: number },
): void {
  for (let r = i; r < Math.min(i + 4, rows); r++) {
    for (let c = j; c < Math.min(j + 2, columns); c++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += a[r * inner + k]! * b[c * inner + k]!;
      out[r * columns + c]! += sum;
    }
  }
}

function mirror(square: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) square[j * size + i] = square[i * size + j]!;
}
