/** Affine coupling: one half of the channels is shifted and scaled as a net reads it from the other half.
 *  Source: Real NVP, section 3.2; Glow, section 3.3 */
import { ShapeError } from '../core/errors.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { Bijection, Mapped } from './bijection.ts';
import { logScaleOf } from './bounded-scale.ts';
import type { ScaleConfig } from './config.ts';
import type { CouplingNet } from './coupling-net.ts';

/** z1 = x1,  z2 = (x2 + shift) * exp(logScale)  with  (h, shift) = net(x1),  logScale = bounded(h)
 *  logDet = sum(logScale)
 *  x [B, C] or [B, H, W, C], C even; `net` maps C / 2 channels to C. Throws ShapeError on an odd C. */
export function affineCoupling(channels: number, net: CouplingNet, scale: ScaleConfig): Bijection {
  if (channels % 2 !== 0) {
    throw new ShapeError(
      `Expected an even number of channels to split, got ${channels}. Squeeze first, or add a channel.`,
    );
  }
  const shiftAndScale = (h: Tensor): { shift: Tensor; logScale: Tensor } => {
    const [hidden, shift] = halves(h);
    return { shift, logScale: logScaleOf(hidden, scale) };
  };
  const toLatent = ([x1, x2]: [Tensor, Tensor], h: Tensor): Mapped => {
    const { shift, logScale } = shiftAndScale(h);
    const z2 = tf.mul(tf.add(x2, shift), tf.exp(logScale));
    return { y: tf.concat([x1, z2], -1), logDet: sumPerDatum(logScale) };
  };
  return {
    params: net.params,
    toLatent: (params, x) => {
      const parts = halves(x);
      return toLatent(parts, net.apply(params, parts[0]));
    },
    // Nothing to fit; a net that starts at zero need not be computed to hand the batch on, and is nearly all
    // there is to compute.
    fit: (params, x) => {
      const parts = halves(x);
      return {
        params: {},
        y: toLatent(parts, net.isZero(params) ? tf.zerosLike(x) : net.apply(params, parts[0])).y,
      };
    },
    toData: (params, z) => {
      const [z1, z2] = halves(z);
      const { shift, logScale } = shiftAndScale(net.apply(params, z1));
      const x2 = tf.sub(tf.mul(z2, tf.exp(tf.neg(logScale))), shift);
      return { y: tf.concat([z1, x2], -1), logDet: tf.neg(sumPerDatum(logScale)) };
    },
  };
}

/** The first and the second half of the channels. */
export const halves = (x: Tensor): [Tensor, Tensor] => tf.split(x, 2, -1) as [Tensor, Tensor];

/** [B, ...] -> [B]. */
export const sumPerDatum = (x: Tensor): Tensor =>
  tf.sum(
    x,
    x.shape.slice(1).map((_, axis) => axis + 1),
  );
