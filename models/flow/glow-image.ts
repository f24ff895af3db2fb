/** Glow for images: the multi-scale architecture, levels of squeeze, flow steps and split. Source: Glow,
 *  figure 2b */
import { ShapeError } from '../core/errors.ts';
import type { Bijection } from './bijection.ts';
import { chain } from './chain.ts';
import type { ImageGlowConfig, Recompute } from './config.ts';
import { imageNet, kept } from './coupling-net.ts';
import { flattenImage } from './flatten-image.ts';
import { flowStep } from './flow-step.ts';
import { learnedPrior } from './learned-prior.ts';
import { split } from './split.ts';
import { squeeze } from './squeeze.ts';

type ImageShape = readonly [height: number, width: number, channels: number];

/** x [B, H, W, C] <-> z [B, H * W * C], the deepest level's latents first. Built from the deepest level
 *  outwards: a level is squeeze -> depth flow steps -> split, and what a split passes on is the level below.
 *  Throws ShapeError if H or W is not divisible by 2^levels. */
export function imageGlow(config: ImageGlowConfig, shape: ImageShape, recompute: Recompute): Bijection {
  checkShape(config, shape);
  let glow: Bijection | null = null;
  for (let level = config.levels - 1; level >= 0; level--) {
    const squeezed = squeezedShape(shape, level);
    glow = chain({
      squeeze: squeeze([2 * squeezed[0], 2 * squeezed[1], squeezed[2] / 4]),
      ...flowSteps(config, squeezed[2], `level${level}`, recompute),
      ...(glow ? { split: split(squeezed, glow, config.splitScale) } : deepest(config, squeezed)),
    });
  }
  return glow!;
}

function deepest({ top }: ImageGlowConfig, squeezed: ImageShape): Record<string, Bijection> {
  return { ...(top === 'learned' && { prior: learnedPrior(squeezed[2]) }), flatten: flattenImage(squeezed) };
}

function flowSteps(
  { depth, width, mixing, scale }: ImageGlowConfig,
  channels: number,
  level: string,
  recompute: Recompute,
): Record<string, Bijection> {
  const steps: Record<string, Bijection> = {};
  for (let i = 0; i < depth; i++) {
    const net = kept(imageNet(channels / 2, channels, width), recompute);
    steps[`step${i}`] = flowStep({ channels, mixing, scale, net, place: `${level}/step${i}` });
  }
  return steps;
}

/** After the squeeze of a level: each halves H and W and makes 4 C of C, each split before it has halved the
 *  channels. */
const squeezedShape = ([h, w, c]: ImageShape, level: number): ImageShape => [
  h / 2 ** (level + 1),
  w / 2 ** (level + 1),
  c * 4 * 2 ** level,
];

function checkShape({ levels }: ImageGlowConfig, [h, w]: ImageShape): void {
  const factor = 2 ** levels;
  if (h % factor !== 0 || w % factor !== 0) {
    throw new ShapeError(
      `Expected a height and width divisible by 2^levels = ${factor}, got ${h} x ${w}. Use fewer `
        + 'levels, or pad the images.',
    );
  }
}
