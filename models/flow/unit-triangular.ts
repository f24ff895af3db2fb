/** The differentiable inverse of unit lower triangular matrices with matrix products only: ONNX has no
 *  triangular solve. Blocks are inverted in pairs of doubling size. With D the pair's diagonal blocks,
 *  already inverted to X, and E the block below them, (D + E)^-1 = X - X E X, for (X E)^2 = 0: exact in
 *  algebra after ceil(log2 C) rounds. (The product over k of (I + (-N)^(2^k)) costs the same but forms high
 *  powers of N, which overflow for large entries.) */
import { tf, type Tensor } from '../core/tensors.ts';

/** A [n, C, C] unit lower triangular -> A^-1 [n, C, C].
 *  Its gradient is that of any inverse, dA = -X^T dX X^T. */
export const invertUnitLower = tf.customGrad((a, save) => {
  const x = invertByDoubling(a as Tensor);
  (save as tf.GradSaveFunc)([x]);
  return {
    value: x,
    gradFunc: (dx: Tensor, saved: Tensor[]) => {
      const inverse = saved[0] as tf.Tensor3D;
      return tf.neg(tf.matMul(tf.matMul(inverse, dx as tf.Tensor3D, true), inverse, false, true));
    },
  };
}) as (a: Tensor) => Tensor;

function invertByDoubling(a: Tensor): Tensor {
  const size = a.shape[1]!;
  // Blocks of size 1: D = I, so X - X E X is I - E.
  let x: Tensor = tf.sub(tf.eye(size), tf.mul(a, blocksBelow(size, 1)));
  for (let block = 2; block < size; block *= 2) {
    const e = tf.mul(a, blocksBelow(size, block));
    x = tf.sub(x, tf.matMul(tf.matMul(x as tf.Tensor3D, e as tf.Tensor3D), x as tf.Tensor3D));
  }
  return x;
}

/** 1 where the row lies in the second block of a pair and the column in its first. */
function blocksBelow(size: number, block: number): Tensor {
  const of = (index: number): number => Math.floor(index / block);
  return mask(size, (row, column) => of(row) % 2 === 1 && of(column) === of(row) - 1);
}

/** A literal [size, size] of ones where `inside` holds and zeros elsewhere. */
export const mask = (size: number, inside: (row: number, column: number) => boolean): Tensor =>
  tf.tensor2d(maskValues(size, inside), [size, size]);

/** Its numbers, row-major. */
export const maskValues = (size: number, inside: (row: number, column: number) => boolean): Float32Array =>
  Float32Array.from({ length: size * size }, (_, i) => (inside(Math.floor(i / size), i % size) ? 1 : 0));
