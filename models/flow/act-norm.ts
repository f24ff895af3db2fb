/** Actnorm: a scale and a bias for each channel, set from data once, then trained. Source: Glow, section
 *  3.1 */
import { DataError } from '../core/errors.ts';
import type { Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { Bijection } from './bijection.ts';
import { positions } from './positions.ts';

/** z = (x + bias) * exp(logScale) over the last axis.
 *  logDet = H * W * sum(logScale)
 *  x [B, C] or [B, H, W, C]. `fit` throws DataError where a channel does not vary. */
export const actNorm = (channels: number): Bijection => ({
  params: [
    { name: 'bias', shape: [channels], init: { kind: 'zeros' } },
    { name: 'logScale', shape: [channels], init: { kind: 'zeros' } },
  ],
  toLatent: (params, x) => ({
    y: normalised(params, x),
    logDet: tf.mul(positions(x), tf.sum(params.logScale!)),
  }),
  toData: ({ bias, logScale }, z) => ({
    y: tf.sub(tf.mul(z, tf.exp(tf.neg(logScale!))), bias!),
    logDet: tf.mul(-positions(z), tf.sum(logScale!)),
  }),
  fit: (_, x) => {
    const params = standardise(x);
    return { params, y: normalised(params, x) };
  },
});

const normalised = ({ bias, logScale }: Params, x: Tensor): Tensor =>
  tf.mul(tf.add(x, bias!), tf.exp(logScale!));

/** The bias and scale that give every channel of this batch mean 0 and variance 1. */
function standardise(x: Tensor): Params {
  const { mean, variance } = tf.moments(
    x,
    x.shape.slice(0, -1).map((_, axis) => axis),
  );
  const means = mean.dataSync();
  // A constant's variance is rounding noise of its mean, seldom exactly 0.
  const constant = variance
    .dataSync()
    .findIndex((v, c) => !(v > 1e-10 * means[c]! ** 2 && Number.isFinite(v)));
  if (constant >= 0) {
    throw new DataError(
      `Expected every channel to vary for actnorm's initialisation, got variance `
        + `${variance.dataSync()[constant]} in channel ${constant} of ${variance.size} (x: `
        + `[${x.shape}]). Use a larger batch, or data with noise added.`,
    );
  }
  return { bias: tf.neg(mean), logScale: tf.mul(-0.5, tf.log(variance)) };
}
