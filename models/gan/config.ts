/** What a generative adversarial network and its training can be configured to. */
import { z } from 'zod';
import { divergenceSchema, optimiserSchema, trainingFields } from '../fce/config.ts';

export const dcganModelSchema = z.strictObject({
  /** Dimensions of z. */
  latent: z.int().positive().default(100),
  /** Of the discriminator's strided convolutions, from the image on; the generator has them in reverse. */
  channels: z.array(z.int().positive()).nonempty().default([64, 128, 256]),
  /** Batch normalisation in the discriminator too, but for its first layer: the DCGAN paper's form. */
  normaliseDiscriminator: z.boolean().default(true),
});

/** Defaults are the DCGAN paper's: Adam at a constant 2e-4 with beta1 = 0.5 ("a value of 0.9 led to oscillation"), no clipping. */
const dcganOptimiserSchema = optimiserSchema.extend({
  learningRate: z.number().positive().default(2e-4),
  beta1: z.number().min(0).lt(1).default(0.5),
  clipNorm: z.number().positive().nullable().default(null),
  decay: z.enum(['none', 'cosine', 'linear']).default('none'),
}).prefault({});

/** `updates` counts both players' moves, which alternate. */
export const ganSchema = z.strictObject({
  method: z.literal('gan'),
  ...trainingFields,
  /** A discriminator that is right about a whole batch for a hundred updates is usual, and its generator learns on: here accuracy tells nothing. */
  divergence: divergenceSchema.extend({ stuckAccuracyUpdates: divergenceSchema.shape.stuckAccuracyUpdates.unwrap().default(null) }).prefault({}),
  model: dcganModelSchema.prefault({}),
  generator: dcganOptimiserSchema,
  discriminator: dcganOptimiserSchema,
});

export type DcganModelConfig = z.infer<typeof dcganModelSchema>;
export type GanConfig = z.infer<typeof ganSchema>;
