/** From a net's output to a log-scale that stays finite. */
import { tf, type Tensor } from '../core/tensors.ts';
import type { ScaleConfig } from './config.ts';

/** tanh: bound * tanh(h / bound), 0 at h = 0. sigmoid: log(sigmoid(h + 2)), as openai/glow; the paper has
 *  exp. Written as -softplus(-h - 2): tfjs's logSigmoid has no usable gradient. */
export const logScaleOf = (h: Tensor, scale: ScaleConfig): Tensor =>
  scale.kind === 'tanh'
    ? tf.mul(scale.bound, tf.tanh(tf.div(h, scale.bound)))
    : tf.neg(tf.softplus(tf.sub(-2, h)));
