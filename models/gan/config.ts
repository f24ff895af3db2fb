/** What a generative adversarial network and its training can be configured to. */
import { z } from 'zod';
import { divergenceSchema, optimiserSchema, trainingFields } from '../training/config.ts';

export const dcganModelSchema = z.strictObject({
  latent: z.int().positive().default(100).describe('Dimensions of z.'),
  channels: z
    .array(z.int().positive())
    .nonempty()
    .default([64, 128, 256])
    .describe(
      "Channels of the discriminator's strided convolutions, from the image on; the generator has "
        + 'them in reverse.',
    ),
  normaliseDiscriminator: z
    .boolean()
    .default(true)
    .describe(
      "Whether the discriminator has batch normalisation too, but for its first layer: the DCGAN paper's form.",
    ),
});

/** Defaults are the DCGAN paper's: Adam at a constant 2e-4 with beta1 = 0.5 ("a value of 0.9 led to
 *  oscillation"), no clipping. */
const dcganOptimiserSchema = optimiserSchema
  .extend({
    learningRate: z
      .number()
      .positive()
      .default(2e-4)
      .describe('Step of the optimiser, before warm-up and decay.'),
    beta1: z.number().min(0).lt(1).default(0.5).describe("Decay of the gradients' running mean."),
    clipNorm: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('Gradients are scaled to at most this global L2 norm; null leaves them as they are.'),
    decay: z
      .enum(['none', 'cosine', 'linear'])
      .default('none')
      .describe("How the learning rate falls over the training's updates, after warm-up."),
  })
  .prefault({});

/** `updates` counts both players' moves, which alternate. */
export const ganSchema = z.strictObject({
  method: z.literal('gan'),
  ...trainingFields,
  divergence: divergenceSchema
    .extend({
      stuckAccuracyUpdates: divergenceSchema.shape.stuckAccuracyUpdates
        .unwrap()
        .default(null)
        .describe(
          'Accuracy at 0 or 1 for so many updates in a row is a divergence. Null, the default: a '
            + 'discriminator that is right about a whole batch for a hundred updates is usual, and its '
            + 'generator learns on.',
        ),
    })
    .prefault({})
    .describe('When a training counts as diverged.'),
  model: dcganModelSchema.prefault({}).describe('The two networks.'),
  generator: dcganOptimiserSchema.describe("The generator's optimiser."),
  discriminator: dcganOptimiserSchema.describe("The discriminator's optimiser."),
});

export type DcganModelConfig = z.infer<typeof dcganModelSchema>;
export type GanConfig = z.infer<typeof ganSchema>;
