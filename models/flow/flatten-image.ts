/** The last level's activations as a flat latent. */
import { tf } from '../core/tensors.ts';
import type { Bijection } from './bijection.ts';

/** x [B, H, W, C] <-> z [B, H * W * C], logDet = 0. */
export const flattenImage = ([h, w, c]: readonly [number, number, number]): Bijection => ({
  params: [],
  toLatent: (_, x) => ({ y: tf.reshape(x, [-1, h * w * c]), logDet: tf.scalar(0) }),
  toData: (_, z) => ({ y: tf.reshape(z, [-1, h, w, c]), logDet: tf.scalar(0) }),
});
