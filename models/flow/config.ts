/** What a flow can be configured to. Defaults carry their reasons. */
import { z } from 'zod';

/** How a coupling keeps its log-scale finite.
 *  `tanh`: bound * tanh(h / bound), so |log s| < bound whatever the net says.
 *  `sigmoid`: s = sigmoid(h + 2) in the latent direction, as openai/glow; unbounded below, exploding samples were seen. */
export const scaleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tanh'), bound: z.number().positive().default(2) }),
  z.strictObject({ kind: z.literal('sigmoid') }),
]);

/** `lu`: W = P L (U + diag(s)), the paper's; P and the signs of s belong to the architecture. `lu-stored`: they lie among the parameters, where
 *  no update moves them: what a flow of another program needs. `orthogonal`: Householder products, inverse = transpose, log-determinant 0. */
export const mixingSchema = z.enum(['lu', 'lu-stored', 'orthogonal']);

/** What a training keeps of a flow for the backward pass.
 *  `none`: nothing is computed twice.   `couplings`: of a coupling's net its input alone, and the net is computed again. The nets'
 *  activations are nearly all there is to keep: a step of likelihood of 3 x 32 steps and width 512, batch 64, took 5.7 GB with, 2.4 without. */
export const recomputeSchema = z.enum(['none', 'couplings']);

export const vectorGlowSchema = z.strictObject({
  kind: z.literal('vector'),
  couplings: z.int().positive().default(10),
  width: z.int().positive().default(64),
  hiddenLayers: z.int().positive().default(2),
  mixing: mixingSchema.default('lu'),
  scale: scaleSchema.default({ kind: 'tanh', bound: 2 }),
});

export const imageGlowSchema = z.strictObject({
  kind: z.literal('image'),
  levels: z.int().positive().default(3),
  depth: z.int().positive().default(4),
  width: z.int().positive().default(64),
  mixing: mixingSchema.default('lu'),
  scale: scaleSchema.default({ kind: 'tanh', bound: 1.5 }),
  /** The log-deviation of what leaves the flow at a split. Left out: bounded, for a free one can underflow. `free`: as openai/glow has it. */
  splitScale: z.literal('free').optional(),
  /** The prior of the deepest latents. Left out: N(0, I), the paper's q0. `learned`: a mean and a deviation of each channel, as learntop. */
  top: z.literal('learned').optional(),
});

export const flowSchema = z.discriminatedUnion('kind', [vectorGlowSchema, imageGlowSchema]);
export type ScaleConfig = z.infer<typeof scaleSchema>;
export type Recompute = z.infer<typeof recomputeSchema>;
export type MixingKind = z.infer<typeof mixingSchema>;
export type VectorGlowConfig = z.infer<typeof vectorGlowSchema>;
export type ImageGlowConfig = z.infer<typeof imageGlowSchema>;
export type FlowConfig = z.infer<typeof flowSchema>;
