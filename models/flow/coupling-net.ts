/** The nets inside affine couplings. The last layer starts at zero, so that a coupling starts as the identity
 *  (with the sigmoid scale: as a constant factor). */
import { conv, dense, heNormal, sequence, zeros, type Layer } from '../layers.ts';
import { relu } from '../native-ops.ts';
import { recomputed } from '../recompute.ts';
import type { Recompute } from './config.ts';

/** Fully connected: [B, inputs] -> [B, outputs], `hiddenLayers` of `width` with ReLU. */
export function vectorNet(inputs: number, outputs: number, width: number, hiddenLayers: number): Layer {
  const hidden = Array.from({ length: hiddenLayers }, (_, i) => {
    const fanIn = i === 0 ? inputs : width;
    return dense(fanIn, width, heNormal(fanIn));
  });
  return sequence([...hidden, dense(width, outputs, zeros)], relu);
}

/** Convolutional, as openai/glow without its actnorms: 3x3 ReLU, 1x1 ReLU, 3x3. [B, H, W, inputs] -> [B, H, W, outputs]. */
export const imageNet = (inputs: number, outputs: number, width: number): Layer =>
  sequence([
    conv(3, inputs, width, heNormal(9 * inputs)),
    conv(1, width, width, heNormal(width)),
    conv(3, width, outputs, zeros),
  ], relu);

/** The net as `recompute` has it. */
export const kept = (net: Layer, recompute: Recompute): Layer => (recompute === 'couplings' ? recomputed(net) : net);
