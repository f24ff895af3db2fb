/** What a variational autoencoder and its training can be configured to. */
import { z } from 'zod';
import { optimiserSchema, trainingFields } from '../training/config.ts';

export const vaeModelSchema = z.strictObject({
  latent: z.int().positive().default(128).describe('Dimensions of z.'),
  channels: z
    .array(z.int().positive())
    .nonempty()
    .default([64, 128, 256])
    .describe(
      "Channels of the encoder's strided convolutions, from the image on; the decoder has them in reverse.",
    ),
});

export const vaeSchema = z.strictObject({
  method: z.literal('vae'),
  ...trainingFields,
  model: vaeModelSchema.prefault({}).describe('The two networks.'),
  vae: optimiserSchema.describe('Their optimiser.'),
  heldOutImages: z
    .int()
    .positive()
    .default(500)
    .describe('The bound is measured on so many held-out images every `probeEvery` updates.'),
});

export type VaeModelConfig = z.infer<typeof vaeModelSchema>;
export type VaeConfig = z.infer<typeof vaeSchema>;
