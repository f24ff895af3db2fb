/** The transposed convolution: the adjoint of a strided convolution in x, which makes images larger. */
import type { Layer } from './layers.ts';
import { zeros } from './layers.ts';
import { biasAdd } from './native-ops.ts';
import type { Init } from './params.ts';
import { tf } from './tensors.ts';

/** x [B, H, W, inputs] -> [B, stride H, stride W, outputs]; `size` divisible by `stride` spreads every input
 *  evenly (no checkerboard; Odena et al. 2016). An output sums size^2 / stride^2 * inputs products: its
 *  fan-in. */
export const transposedConv = (
  size: number,
  inputs: number,
  outputs: number,
  weight: Init,
  stride: number,
): Layer => ({
  params: [
    { name: 'weight', shape: [size, size, outputs, inputs], init: weight },
    { name: 'bias', shape: [outputs], init: zeros },
  ],
  apply({ weight, bias }, x) {
    const [batch, height, width] = x.shape as [number, number, number];
    const shape: [number, number, number, number] = [batch, height * stride, width * stride, outputs];
    return biasAdd(tf.conv2dTranspose(x as tf.Tensor4D, weight as tf.Tensor4D, shape, stride, 'same'), bias!);
  },
});
