/** How large an energy-based model is, counted from its configuration alone. */
import { denseParams, stridedSize, type NetSize } from '../core/net-size.ts';
import type { EbmConfig } from './config.ts';

/** Parameters, c among them, for data of `shape`, [dim] or [H, W, C], and the activations of one datum in one
 *  pass. */
export function ebmSize(config: EbmConfig, shape: readonly number[]): NetSize {
  if (config.kind === 'conv') {
    const { width, params, ...rest } = stridedSize(shape, config.channels);
    return { ...rest, params: params + denseParams(width, 1) + 1 };
  }
  const { width, hiddenLayers } = config;
  const hidden = denseParams(shape[0]!, width) + (hiddenLayers - 1) * denseParams(width, width);
  return {
    params: hidden + denseParams(width, 1) + 1,
    kept: shape[0]! + 2 * hiddenLayers * width,
    passing: 2 * width,
    layers: hiddenLayers,
  };
}
