/** The latent law q0 = N(0, I). */
import { tf, type Tensor } from '../core/tensors.ts';

/** log N(z; 0, I) = -|z|^2 / 2 - dim / 2 * log(2 pi). z [B, dim] -> [B], nats. */
export function standardNormalLogProb(z: Tensor): Tensor {
  const dim = z.shape[1]!;
  return tf.sub(tf.mul(-0.5, tf.sum(tf.square(z), 1)), (dim / 2) * Math.log(2 * Math.PI));
}
