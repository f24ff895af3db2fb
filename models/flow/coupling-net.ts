/** The nets inside affine couplings. The last layer starts at zero, so that a coupling starts as the identity
 *  (with the sigmoid scale: as a constant factor). */
import { conv, dense, heNormal, sequence, zeros, type Layer } from '../core/layers.ts';
import { relu } from '../core/native-ops.ts';
import { under, type Params } from '../core/params.ts';
import { recomputed } from '../core/recompute.ts';
import type { Recompute } from './config.ts';

export interface CouplingNet extends Layer {
  /** Whether these parameters make it zero for every input, as those it starts with do. Reads their
   *  values. */
  isZero(params: Params): boolean;
}

/** Layers of which the last one starts at zero. */
function zeroAtStart(layers: readonly Layer[]): CouplingNet {
  const last = `layer${layers.length - 1}`;
  return {
    ...sequence(layers, relu),
    isZero: (params) =>
      Object.values(under(params, last)).every((values) => values.dataSync().every((value) => value === 0)),
  };
}

/** Fully connected: [B, inputs] -> [B, outputs], `hiddenLayers` of `width` with ReLU. */
export function vectorNet(inputs: number, outputs: number, width: number, hiddenLayers: number): CouplingNet {
  const hidden = Array.from({ length: hiddenLayers }, (_, i) => {
    const fanIn = i === 0 ? inputs : width;
    return dense(fanIn, width, heNormal(fanIn));
  });
  return zeroAtStart([...hidden, dense(width, outputs, zeros)]);
}

/** Convolutional, as openai/glow without its actnorms: 3x3 ReLU, 1x1 ReLU, 3x3. [B, H, W, inputs] -> [B, H,
 *  W, outputs]. */
export const imageNet = (inputs: number, outputs: number, width: number): CouplingNet =>
  zeroAtStart([
    conv(3, inputs, width, heNormal(9 * inputs)),
    conv(1, width, width, heNormal(width)),
    conv(3, width, outputs, zeros),
  ]);

/** The net as `recompute` has it. */
export const kept = (net: CouplingNet, recompute: Recompute): CouplingNet =>
  recompute === 'couplings' ? { ...net, ...recomputed(net) } : net;
