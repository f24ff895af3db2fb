/** The invertible 1x1 convolution: one matrix mixes the channels at every position. Source: Glow, section
 *  3.2 */
import { product } from '../core/native-ops.ts';
import type { Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { Bijection } from './bijection.ts';
import type { MixingKind } from './config.ts';
import { luMixing } from './lu-mixing.ts';
import { invert64 } from './matrix64.ts';
import { orthogonalMixing } from './orthogonal-mixing.ts';
import { positions } from './positions.ts';

/** z = x W along the last axis, as openai/glow's kernel of shape [1, 1, C, C].
 *  logDet = H * W * log|det W|
 *  x [B, C] or [B, H, W, C]. `place` names the step: the LU form takes its constants from it.
 *  `freeze` gives `inverse`, W^-1 computed in float64. */
export function invertibleConv(channels: number, kind: MixingKind, place: string): Bijection {
  const mixing =
    kind === 'orthogonal' ? orthogonalMixing(channels) : luMixing(channels, place, kind === 'lu-stored');
  return {
    params: mixing.params,
    ...(mixing.constants && { constants: mixing.constants }),
    toLatent: (params: Params, x: Tensor) => ({
      y: multiply(x, mixing.matrix(params)),
      logDet: tf.mul(positions(x), mixing.logDet(params)),
    }),
    toData: (params: Params, z: Tensor) => ({
      y: multiply(z, params.inverse ?? mixing.inverse(params)),
      logDet: tf.mul(-positions(z), mixing.logDet(params)),
    }),
    freeze: (params) => ({
      inverse: {
        shape: [channels, channels],
        dtype: 'float32',
        values: Float32Array.from(invert64(mixing.matrix64(params)).flat()),
      },
    }),
  };
}

/** As one matrix product over all positions: measured 1.3 to 3.5 times faster than a 1x1 convolution with its
 *  gradients. */
const multiply = (x: Tensor, w: Tensor): Tensor =>
  x.shape.length === 2
    ? product(x, w)
    : tf.reshape(product(tf.reshape(x, [-1, w.shape[0]!]), w), [-1, ...x.shape.slice(1)]);
