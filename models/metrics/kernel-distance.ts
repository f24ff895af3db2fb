/** The kernel distance of two sets of features, KID where the features are Inception's (Binkowski et al.
 *  2018): the squared maximum mean discrepancy under k(x, y) = (x.y / dims + 1)^3, estimated without bias. It
 *  needs no Gaussians and far fewer samples than an FID. */
import { DataError } from '../core/errors.ts';
import { uniform } from '../core/random.ts';
import { multiplyTransposed } from './multiply64.ts';

export interface KernelDistance {
  /** Over the subsets. It can be negative where the sets are alike: an estimate without bias is as often
   *  below 0 as above it there, and stays as it is. */
  readonly mean: number;
  /** Standard deviation over the subsets. */
  readonly deviation: number;
}

export interface KernelOptions {
  readonly dims: number;
  readonly seed: number;
  readonly subsets?: number;
  readonly subsetSize?: number;
  /** Called after each subset: at 2,048 features one takes seconds. */
  readonly onSubset?: (done: number, subsets: number) => Promise<void>;
}

/** MMD^2 = sum over i != j of k(x_i, x_j) / (m (m - 1)) + the same for y - 2 mean k(x_i, y_j), on subsets of
 *  m of each set, the same for the same seed. Features [n, dims] float64. Throws DataError where a set has
 *  fewer than two. */
export async function kernelDistance(
  x: Float64Array,
  y: Float64Array,
  options: KernelOptions,
): Promise<KernelDistance> {
  const { dims, seed, subsets = 50, subsetSize = 1000, onSubset } = options;
  const size = Math.min(subsetSize, x.length / dims, y.length / dims);
  if (size < 2)
    throw new DataError(
      `A kernel distance needs at least two samples of each set, got ${x.length / dims} and `
        + `${y.length / dims}.`,
    );
  const next = uniform(seed, 'evaluation/kernel-subsets');
  const found: number[] = [];
  for (let i = 0; i < subsets; i++) {
    const [a, b] = [choose(x, dims, size, next), choose(y, dims, size, next)];
    found.push(
      meanOfPairs(a, dims) + meanOfPairs(b, dims) - 2 * meanKernel(multiplyTransposed(a, b, dims), dims),
    );
    await onSubset?.(i + 1, subsets);
  }
  const mean = found.reduce((sum, v) => sum + v, 0) / subsets;
  return { mean, deviation: Math.sqrt(found.reduce((sum, v) => sum + (v - mean) ** 2, 0) / subsets) };
}

/** `size` different rows. */
function choose(rows: Float64Array, dims: number, size: number, next: () => number): Float64Array {
  const count = rows.length / dims;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const chosen = new Float64Array(size * dims);
  for (let i = 0; i < size; i++) {
    const other = i + Math.floor(next() * (count - i));
    [order[i], order[other]] = [order[other]!, order[i]!];
    chosen.set(rows.subarray(order[i]! * dims, (order[i]! + 1) * dims), i * dims);
  }
  return chosen;
}

const kernel = (product: number, dims: number): number => (product / dims + 1) ** 3;
const meanKernel = (products: Float64Array, dims: number): number =>
  products.reduce((sum, v) => sum + kernel(v, dims), 0) / products.length;

/** Over pairs of different rows. */
function meanOfPairs(rows: Float64Array, dims: number): number {
  const size = rows.length / dims;
  const products = multiplyTransposed(rows, rows, dims, { lower: true });
  let sum = 0;
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) sum += kernel(products[i * size + j]!, dims);
  return (2 * sum) / (size * (size - 1));
}
