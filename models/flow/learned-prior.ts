/** A prior of the deepest latents that is learned: a Gaussian for each channel, the same at every position.
 *  Source: openai/glow's learntop, whose convolution of zeros leaves nothing but its bias */
import { tf } from '../core/tensors.ts';
import type { Bijection } from './bijection.ts';
import { positions } from './positions.ts';

/** eps = (z - mean) * exp(-logStd), so that eps ~ N(0, I) gives z ~ N(mean, exp(2 logStd)); both zero at the
 *  start logDet = -H * W * sum(logStd) x [B, C] or [B, H, W, C]. */
export const learnedPrior = (channels: number): Bijection => ({
  params: [
    { name: 'mean', shape: [channels], init: { kind: 'zeros' } },
    { name: 'logStd', shape: [channels], init: { kind: 'zeros' } },
  ],
  toLatent: ({ mean, logStd }, x) => ({
    y: tf.mul(tf.sub(x, mean!), tf.exp(tf.neg(logStd!))),
    logDet: tf.mul(-positions(x), tf.sum(logStd!)),
  }),
  toData: ({ mean, logStd }, z) => ({
    y: tf.add(tf.mul(z, tf.exp(logStd!)), mean!),
    logDet: tf.mul(positions(z), tf.sum(logStd!)),
  }),
});
