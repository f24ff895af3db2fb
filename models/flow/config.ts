/** What a flow can be configured to. Defaults carry their reasons. */
import { z } from 'zod';

export const scaleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('tanh'),
      bound: z.number().positive().default(2).describe('|log s| stays below this, whatever the net says.'),
    }),
    z.strictObject({ kind: z.literal('sigmoid') }),
  ])
  .describe(
    'How a coupling keeps its log-scale finite. tanh: bound * tanh(h / bound). sigmoid: s = '
      + 'sigmoid(h + 2) in the latent direction, as openai/glow; it is unbounded below, and exploding '
      + 'samples were seen.',
  );

export const mixingSchema = z
  .enum(['lu', 'lu-stored', 'orthogonal'])
  .describe(
    `How coordinates are mixed between couplings. lu: W = P L (U + diag(s)), the paper's; P and the `
      + 'signs of s belong to the architecture. lu-stored: they lie among the parameters, where no '
      + 'update moves them: what a flow of another program needs. orthogonal: Householder products, '
      + 'inverse = transpose, log-determinant 0.',
  );

export const recomputeSchema = z
  .enum(['none', 'couplings'])
  .describe(
    'What a training keeps of a flow for the backward pass. none: all, and nothing is computed '
      + `twice. couplings: of a coupling's net its input alone, and the net is computed again; the `
      + `gradient is the same to rounding. The nets' activations are nearly all there is to keep: a step `
      + 'of likelihood of 3 x 32 steps and width 512, batch 64, took 5.7 GB with, 2.4 without.',
  );

export const vectorGlowSchema = z.strictObject({
  kind: z.literal('vector'),
  couplings: z
    .int()
    .positive()
    .default(10)
    .describe('Affine couplings, each after a linear mixing of the coordinates.'),
  width: z
    .int()
    .positive()
    .default(64)
    .describe("Units (for images: channels) of the hidden layers of a coupling's net."),
  hiddenLayers: z.int().positive().default(2).describe("Hidden layers of a coupling's net."),
  mixing: mixingSchema.default('lu'),
  scale: scaleSchema.default({ kind: 'tanh', bound: 2 }),
});

export const imageGlowSchema = z.strictObject({
  kind: z.literal('image'),
  levels: z
    .int()
    .positive()
    .default(3)
    .describe('Levels: each halves the side and, but for the last, splits off half of the channels.'),
  depth: z
    .int()
    .positive()
    .default(4)
    .describe('Steps of flow in each level: actnorm, 1 x 1 convolution, affine coupling.'),
  width: z
    .int()
    .positive()
    .default(64)
    .describe("Units (for images: channels) of the hidden layers of a coupling's net."),
  mixing: mixingSchema.default('lu'),
  scale: scaleSchema.default({ kind: 'tanh', bound: 1.5 }),
  splitScale: z
    .literal('free')
    .optional()
    .describe(
      'The log-deviation of what leaves the flow at a split. It is bounded where this is left out, '
        + 'for a free one can underflow; free is as openai/glow has it.',
    ),
  top: z
    .literal('learned')
    .optional()
    .describe(
      `The prior of the deepest latents. It is N(0, I), the paper's q0, where this is left out; `
        + 'learned: a mean and a deviation of each channel.',
    ),
});

export const flowSchema = z.discriminatedUnion('kind', [vectorGlowSchema, imageGlowSchema]);
export type ScaleConfig = z.infer<typeof scaleSchema>;
export type Recompute = z.infer<typeof recomputeSchema>;
export type MixingKind = z.infer<typeof mixingSchema>;
export type VectorGlowConfig = z.infer<typeof vectorGlowSchema>;
export type ImageGlowConfig = z.infer<typeof imageGlowSchema>;
export type FlowConfig = z.infer<typeof flowSchema>;
