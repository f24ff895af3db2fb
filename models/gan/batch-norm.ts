/** Batch normalisation (Ioffe and Szegedy 2015) over all but the last axis. Which moments it uses is the
 *  caller's to say: those of the batch while training, frozen ones in an exported model. */
import { prefixed, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';

/** Each [C]. */
export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}
const epsilon = 1e-5;

export const batchNormParams = (name: string, channels: number): ParamSpec[] =>
  prefixed(name, [
    { name: 'scale', shape: [channels], init: { kind: 'values', values: Array<number>(channels).fill(1) } },
    { name: 'shift', shape: [channels], init: { kind: 'zeros' } },
  ]);

/** x [B, ..., C] -> its moments over the batch and all positions. */
export function momentsOf(x: Tensor): Moments {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const mean = tf.mean(x, axes);
  return { mean, variance: tf.mean(tf.square(tf.sub(x, mean)), axes) };
}

/** (x - mean) / sqrt(variance + 1e-5) scale + shift. */
export const normalise = (x: Tensor, { mean, variance }: Moments, { scale, shift }: Params): Tensor =>
  tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale!, tf.rsqrt(tf.add(variance, epsilon)))), shift!);
