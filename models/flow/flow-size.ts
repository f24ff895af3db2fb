/** How large a flow is, counted from its configuration alone: nothing is built or recorded. */
import type { NetSize } from '../core/net-size.ts';
import { convParams, denseParams } from '../core/net-size.ts';
import type { FlowConfig, ImageGlowConfig, MixingKind, Recompute, VectorGlowConfig } from './config.ts';

/** Numbers of a channel and position that a step keeps beside its net: of actnorm its sum, of the mixing its
 *  product, of the coupling both halves, tanh, scale, shifted half and result. */
const besideNet = 6;

/** Parameters of the flow for data of `shape`, [dim] or [H, W, C], and the activations of one datum in one
 *  pass. */
export function flowSize(
  config: FlowConfig,
  shape: readonly number[],
  recompute: Recompute = 'none',
): NetSize {
  return config.kind === 'image'
    ? imageSize(config, shape, recompute)
    : vectorSize(config, shape[0]!, recompute);
}

function vectorSize(
  { couplings, width, hiddenLayers, mixing }: VectorGlowConfig,
  dim: number,
  recompute: Recompute,
): NetSize {
  const net =
    denseParams(dim / 2, width) + (hiddenLayers - 1) * denseParams(width, width) + denseParams(width, dim);
  const step = stepSize({ channels: dim, positions: 1, hidden: hiddenLayers * width, width }, recompute);
  return {
    params: couplings * (beside(dim, mixing) + net),
    kept: couplings * step.kept,
    passing: step.passing,
    layers: couplings,
  };
}

/** Level l has H W / 4^(l+1) positions of 4 C 2^l channels. */
function imageSize(
  { levels, depth, width, mixing }: ImageGlowConfig,
  [h, w, c]: readonly number[],
  recompute: Recompute,
): NetSize {
  let params = 0;
  let kept = 0;
  let passing = 0;
  for (let level = 0; level < levels; level++) {
    const channels = c! * 4 * 2 ** level;
    const positions = (h! * w!) / 4 ** (level + 1);
    const net =
      convParams(3, channels / 2, width) + convParams(1, width, width) + convParams(3, width, channels);
    const prior = level < levels - 1 ? convParams(3, channels / 2, channels) : 0;
    const step = stepSize({ channels, positions, hidden: 2 * width, width }, recompute);
    params += depth * (beside(channels, mixing) + net) + prior;
    // the split keeps what its prior reads and gives
    kept += depth * step.kept + (prior > 0 ? 3 * positions * channels : 0);
    passing = Math.max(passing, step.passing);
  }
  return { params, kept, passing, layers: levels * depth };
}

/** Of actnorm and mixing. */
const beside = (channels: number, mixing: MixingKind): number =>
  2 * channels + (mixing === 'lu' ? 2 * channels ** 2 + channels : channels ** 2);

/** `passing`: gradients of two hidden layers stand beside what is kept, and where a net is computed again its
 *  activations too. */
function stepSize(
  {
    channels,
    positions,
    hidden,
    width,
  }: { channels: number; positions: number; hidden: number; width: number },
  recompute: Recompute,
) {
  const kept = positions * (besideNet * channels + (recompute === 'none' ? hidden : 0));
  return { kept, passing: positions * (2 * width + (recompute === 'none' ? 0 : hidden)) };
}
