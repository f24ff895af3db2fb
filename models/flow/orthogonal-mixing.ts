/** A rotation as a product of C Householder reflections: inverse = transpose, log-determinant 0 (scale is
 *  actnorm's). Source: Tomczak and Welling 2016 for the reflections in a flow; Joffrain et al. 2006 for their
 *  product in one formula. */
import { product } from '../core/native-ops.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { identity64, rows64, type Matrix64 } from './matrix64.ts';
import type { Mixing } from './mixing.ts';
import { invertUnitLower, mask } from './unit-triangular.ts';

/** With the directions v_1 ... v_C of length 1 as the rows of V, W = (I - 2 v_1 v_1^T) ... (I - 2 v_C v_C^T)
 *  = I - 2 (T^-1 V)^T V, T = I + 2 * the strict lower triangle of V V^T. */
export const orthogonalMixing = (channels: number): Mixing => {
  const matrix = ({ directions }: { readonly [name: string]: Tensor }): Tensor => {
    const v = tf.div(directions!, tf.sqrt(tf.sum(tf.square(directions!), 1, true)));
    const overlaps = tf.mul(
      product(v, tf.transpose(v)),
      mask(channels, (row, column) => row > column),
    );
    const t = tf.add(tf.mul(2, overlaps), tf.eye(channels));
    const inverse = tf.squeeze(invertUnitLower(tf.expandDims(t, 0)), [0]);
    return tf.sub(tf.eye(channels), tf.mul(2, product(tf.transpose(product(inverse, v)), v)));
  };
  return {
    params: [{ name: 'directions', shape: [channels, channels], init: { kind: 'normal', std: 1 } }],
    matrix,
    inverse: (params) => tf.transpose(matrix(params)),
    logDet: () => tf.scalar(0),
    matrix64: ({ directions }) => reflections64(rows64(directions!.values, channels)),
  };
};

/** The product of the reflections, one after the other. */
function reflections64(directions: Matrix64): Matrix64 {
  let w = identity64(directions.length);
  for (const v of directions) {
    const length2 = v.reduce((sum, value) => sum + value * value, 0);
    w = w.map((row) => {
      const overlap = row.reduce((sum, value, k) => sum + value * v[k]!, 0);
      return row.map((value, k) => value - (2 * overlap * v[k]!) / length2);
    });
  }
  return w;
}
