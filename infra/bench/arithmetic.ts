/** What a step must compute at least, for shares of a machine's rate: multiplications and additions of
 *  convolutions alone. */
import type { ConvEbmConfig } from '../../models/ebm/config.ts';
import type { ImageGlowConfig } from '../../models/flow/config.ts';

type ImageShape = readonly [height: number, width: number, channels: number];

/** Flop of one image through the flow's coupling nets, in either direction. */
export function glowFlop({ levels, depth, width }: ImageGlowConfig, [h, w, c]: ImageShape): number {
  let flop = 0;
  for (let level = 0; level < levels; level += 1) {
    const positions = (h * w) / 4 ** (level + 1);
    const channels = c * 4 * 2 ** level;
    flop += depth * 2 * positions * (9 * (channels / 2) * width + width * width + 9 * width * channels);
  }
  return flop;
}

/** Flop of one image through the EBM's convolutions. */
export function ebmFlop({ channels }: ConvEbmConfig, [h, w, c]: ImageShape): number {
  return channels.reduce(
    (flop, outputs, i) => flop + (2 * h * w * 16 * (i === 0 ? c : channels[i - 1]!) * outputs) / 4 ** (i + 1),
    0,
  );
}

/** Passes of one image through each model in a step, a gradient to inputs or to weights counted as one
 *  each. */
export const passes = {
  likelihood: { flow: 3, ebm: 0 },
  // The sample and log q(x) without gradients; the EBM on data and on samples with gradients to its weights.
  ebm: { flow: 2, ebm: 6 },
  // Gradients through the sample and through log q(x); the EBM on data, and on samples with a gradient to
  // them.
  flow: { flow: 6, ebm: 3 },
} as const;
