/** Split: half of the channels leaves the flow, standardised by a prior learned from the other half, which
 *  goes on. Source: Glow, figure 2b; Real NVP, section 3.6, where the prior is N(0, I) */
import { ShapeError } from '../core/errors.ts';
import { conv, zeros } from '../core/layers.ts';
import { below, prefixed, under, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { halves, sumPerDatum } from './affine-coupling.ts';
import type { Bijection } from './bijection.ts';
import { fitOf } from './chain.ts';
import { logScaleOf } from './bounded-scale.ts';
import type { ImageGlowConfig } from './config.ts';

/** The prior's log-deviation stays in (-3, 3): a fitted one is of order 1, and a free one can underflow. */
const logStdBound = { kind: 'tanh', bound: 3 } as const;

/** eps = (x2 - mean) * exp(-logStd) with (mean, logStd) = conv3x3(x1), zero at the start; latent =
 *  (deeper(x1), eps) logDet = logDet of deeper - sum(logStd) x [B, H, W, C], C even, <-> z [B, H * W * C].
 *  `deeper` maps [B, H, W, C/2] <-> [B, H * W * C / 2]. `scale`: `free` for no bound of logStd. */
export function split(
  [h, w, c]: readonly [number, number, number],
  deeper: Bijection,
  scale?: ImageGlowConfig['splitScale'],
): Bijection {
  if (c % 2 !== 0)
    throw new ShapeError(
      `Expected an even number of channels to split, got ${c}. Squeeze first, or add a channel.`,
    );
  const net = conv(3, c / 2, c, zeros);
  const prior = (params: Params, x1: Tensor): { mean: Tensor; logStd: Tensor } => {
    const [mean, hidden] = halves(net.apply(under(params, 'prior'), x1));
    return { mean, logStd: scale === 'free' ? hidden : logScaleOf(hidden, logStdBound) };
  };
  const standardised = (params: Params, x1: Tensor, x2: Tensor): { eps: Tensor; logStd: Tensor } => {
    const { mean, logStd } = prior(params, x1);
    return { eps: tf.mul(tf.sub(x2, mean), tf.exp(tf.neg(logStd))), logStd };
  };
  const joined = (rest: Tensor, eps: Tensor): Tensor =>
    tf.concat([rest, tf.reshape(eps, [-1, (h * w * c) / 2])], 1);
  return {
    params: [...prefixed('prior', net.params), ...prefixed('deeper', deeper.params)],
    constants: below('deeper', deeper.constants ?? {}),
    toLatent: (params, x) => {
      const [x1, x2] = halves(x);
      const { eps, logStd } = standardised(params, x1, x2);
      const rest = deeper.toLatent(under(params, 'deeper'), x1);
      return { y: joined(rest.y, eps), logDet: tf.sub(rest.logDet, sumPerDatum(logStd)) };
    },
    toData: (params, z) => {
      const [rest, eps] = halves(z);
      const { y: x1, logDet } = deeper.toData(under(params, 'deeper'), rest);
      const { mean, logStd } = prior(params, x1);
      const x2 = tf.add(tf.mul(tf.reshape(eps, [-1, h, w, c / 2]), tf.exp(logStd)), mean);
      return { y: tf.concat([x1, x2], -1), logDet: tf.add(logDet, sumPerDatum(logStd)) };
    },
    fit: (params, x) => {
      const [x1, x2] = halves(x);
      const rest = fitOf(deeper, under(params, 'deeper'), x1);
      return { params: below('deeper', rest.params), y: joined(rest.y, standardised(params, x1, x2).eps) };
    },
    freeze: (params) => below('deeper', deeper.freeze?.(under(params, 'deeper')) ?? {}),
  };
}
