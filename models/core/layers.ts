/** Layers that coupling nets and energies are made of: a specification of parameters and a function of them.
 *  Hidden weights start as He et al. 2015: N(0, 2 / ((1 + slope^2) fan-in)), biases at zero. */
import { convolution } from './convolution.ts';
import { biasAdd, product } from './native-ops.ts';
import { prefixed, under, type Init, type ParamSpec, type Params } from './params.ts';
import type { Tensor } from './tensors.ts';

export interface Layer {
  readonly params: readonly ParamSpec[];
  apply(params: Params, x: Tensor): Tensor;
}

export const heNormal = (fanIn: number, slope = 0): Init => ({
  kind: 'normal',
  std: Math.sqrt(2 / ((1 + slope ** 2) * fanIn)),
});
export const zeros: Init = { kind: 'zeros' };

/** x [B, inputs] -> x W + b [B, outputs]. */
export const dense = (inputs: number, outputs: number, weight: Init): Layer => ({
  params: [
    { name: 'weight', shape: [inputs, outputs], init: weight },
    { name: 'bias', shape: [outputs], init: zeros },
  ],
  apply: ({ weight, bias }, x) => biasAdd(product(x, weight!), bias!),
});

/** x [B, H, W, inputs] -> [B, ceil(H / stride), ceil(W / stride), outputs]; zero padding. */
export const conv = (size: number, inputs: number, outputs: number, weight: Init, stride = 1): Layer => ({
  params: [
    { name: 'weight', shape: [size, size, inputs, outputs], init: weight },
    { name: 'bias', shape: [outputs], init: zeros },
  ],
  apply: ({ weight, bias }, x) => biasAdd(convolution(x, weight!, stride), bias!),
});

/** Layers one after the other, named layer0, layer1, ..., with `activation` between two of them. */
export const sequence = (layers: readonly Layer[], activation: (x: Tensor) => Tensor): Layer => ({
  params: layers.flatMap((layer, i) => prefixed(`layer${i}`, layer.params)),
  apply: (params, x) =>
    layers.reduce((h, layer, i) => layer.apply(under(params, `layer${i}`), i === 0 ? h : activation(h)), x),
});
