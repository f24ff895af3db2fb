/** Improved precision and recall (Kynkaanniemi et al. 2019): a set's support is the union of balls around its
 *  samples, each as large as the distance to the k-th nearest other one. Precision is the share of generated
 *  samples inside the data's support, recall the share of the data inside the generated samples'. Both depend
 *  on the number of samples: compare at equal numbers only. */
import { DataError } from '../core/errors.ts';
import { multiplyTransposed } from './multiply64.ts';

export interface Support {
  /** [n, dims] */
  readonly rows: Float64Array;
  readonly dims: number;
  /** |row|^2 */
  readonly norms: Float64Array;
  /** Squared radius of each row's ball. */
  readonly radii: Float64Array;
}

/** As published. */
const neighbours = 3;
/** Rows at a time: distances of a block to all others are held in memory. */
const block = 250;

/** Features [n, dims] float64 with the balls around them; distances are Euclidean. Throws DataError for as
 *  few rows as neighbours. */
export async function supportOf(
  rows: Float64Array,
  dims: number,
  onRows?: (count: number) => Promise<void>,
): Promise<Support> {
  const count = rows.length / dims;
  if (count <= neighbours)
    throw new DataError(
      `Precision and recall need at least ${neighbours + 1} samples of each set, got ${count}.`,
    );
  const norms = Float64Array.from({ length: count }, (_, i) =>
    normOf(rows.subarray(i * dims, (i + 1) * dims)),
  );
  const radii = new Float64Array(count);
  for await (const { index, distances } of distancesTo(
    { rows, dims, norms },
    { rows, dims, norms },
    onRows,
  )) {
    distances[index] = Infinity; // itself
    radii[index] = smallest(distances, neighbours);
  }
  return { rows, dims, norms, radii };
}

/** Share of `samples` that lie in some ball of `support`. */
export async function shareInside(
  samples: Support,
  support: Support,
  onRows?: (count: number) => Promise<void>,
): Promise<number> {
  let inside = 0;
  for await (const { distances } of distancesTo(samples, support, onRows)) {
    if (support.radii.some((radius, i) => distances[i]! <= radius)) inside += 1;
  }
  return inside / samples.norms.length;
}

type Rows = Pick<Support, 'rows' | 'dims' | 'norms'>;

/** |x - y|^2 = |x|^2 + |y|^2 - 2 x.y from each row of `from` to all of `to`. */
async function* distancesTo(
  from: Rows,
  to: Rows,
  onRows?: (count: number) => Promise<void>,
): AsyncGenerator<{ index: number; distances: Float64Array }> {
  const { dims } = from;
  const count = to.norms.length;
  for (let first = 0; first < from.norms.length; first += block) {
    const products = multiplyTransposed(
      from.rows.subarray(first * dims, (first + block) * dims),
      to.rows,
      dims,
    );
    const rows = products.length / count;
    for (let i = 0; i < rows; i++) {
      const distances = products.subarray(i * count, (i + 1) * count);
      for (let j = 0; j < count; j++)
        distances[j] = Math.max(0, from.norms[first + i]! + to.norms[j]! - 2 * distances[j]!);
      yield { index: first + i, distances };
    }
    await onRows?.(rows);
  }
}

const normOf = (row: Float64Array): number => row.reduce((sum, v) => sum + v * v, 0);

/** The k-th smallest value. */
function smallest(values: Float64Array, k: number): number {
  const least = new Float64Array(k).fill(Infinity);
  for (const value of values) {
    if (value >= least[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && least[at - 1]! > value; at--) least[at] = least[at - 1]!;
    least[at] = value;
  }
  return least[k - 1]!;
}
