/** Layers that coupling nets and energies are made of: a specification of parameters and a function of them.
 *  Hidden weights start as He et al. 2015: N(0, 2 / ((1 + slope^2) fan-in)), biases at zero. */
import { prefixed, under, type Init, type ParamSpec, type Params } from './params.ts';
import { tf, type Tensor } from './tensors.ts';

export interface Layer {
  readonly params: readonly ParamSpec[];
  apply(params: Params, x: Tensor): Tensor;
}

export const heNormal = (fanIn: number, slope = 0): Init => ({ kind: 'normal', std: Math.sqrt(2 / ((1 + slope ** 2) * fanIn)) });
export const zeros: Init = { kind: 'zeros' };

/** x [B, inputs] -> x W + b [B, outputs]. */
export const dense = (inputs: number, outputs: number, weight: Init): Layer => ({
  params: [
    { name: 'weight', shape: [inputs, outputs], init: weight },
    { name: 'bias', shape: [outputs], init: zeros },
  ],
  apply: ({ weight, bias }, x) => tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D), bias!),
});

/** x [B, H, W, inputs] -> [B, ceil(H / stride), ceil(W / stride), outputs]; zero padding. */
export const conv = (size: number, inputs: number, outputs: number, weight: Init, stride = 1): Layer => ({
  params: [
    { name: 'weight', shape: [size, size, inputs, outputs], init: weight },
    { name: 'bias', shape: [outputs], init: zeros },
  ],
  apply: ({ weight, bias }, x) => tf.add(tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, stride, 'same'), bias!),
});

/** Layers one after the other, named layer0, layer1, ..., with `activation` between two of them. */
export const sequence = (layers: readonly Layer[], activation: (x: Tensor) => Tensor): Layer => ({
  params: layers.flatMap((layer, i) => prefixed(`layer${i}`, layer.params)),
  apply: (params, x) =>
    layers.reduce((h, layer, i) => layer.apply(under(params, `layer${i}`), i === 0 ? h : activation(h)), x),
});

/** max(x, 0). tfjs's own gradient takes eight ops for what sign(y) says in one: y is positive exactly where x is. */
export const relu = tf.customGrad((x, save) => {
  const y = tf.relu(x as Tensor);
  (save as tf.GradSaveFunc)([y]);
  return { value: y, gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, tf.sign(saved[0]!)) };
}) as (x: Tensor) => Tensor;
