/** What a variational autoencoder and its training can be configured to. */
import { z } from 'zod';
import { optimiserSchema, trainingFields } from '../fce/config.ts';

export const vaeModelSchema = z.strictObject({
  /** Dimensions of z. */
  latent: z.int().positive().default(128),
  /** Of the encoder's strided convolutions, from the image on; the decoder has them in reverse. */
  channels: z.array(z.int().positive()).nonempty().default([64, 128, 256]),
});

export const vaeSchema = z.strictObject({
  method: z.literal('vae'),
  ...trainingFields,
  model: vaeModelSchema.prefault({}),
  vae: optimiserSchema,
  /** Held-out images that the bound is measured on every `probeEvery` updates. */
  heldOutImages: z.int().positive().default(500),
});

export type VaeModelConfig = z.infer<typeof vaeModelSchema>;
export type VaeConfig = z.infer<typeof vaeSchema>;
