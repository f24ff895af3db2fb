/** What a small image classifier and its training can be configured to. */
import { z } from 'zod';
import { optimiserSchema, trainingFields } from '../training/config.ts';

export const classifierModelSchema = z.strictObject({
  classes: z.int().min(2).default(10).describe('Labels are 0 to classes - 1.'),
  channels: z
    .array(z.int().positive())
    .nonempty()
    .default([32, 64, 128])
    .describe('Channels of the strided convolutions.'),
  features: z
    .int()
    .positive()
    .default(64)
    .describe('Width of the layer that a Frechet distance is measured in.'),
});

export const classifierSchema = z.strictObject({
  method: z.literal('classifier'),
  ...trainingFields,
  seed: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'A seed of its own, so that all runs of a data set measure in one network, whatever their seeds.',
    ),
  model: classifierModelSchema.prefault({}).describe('The network.'),
  classifier: optimiserSchema.describe('Its optimiser.'),
  heldOutImages: z
    .int()
    .positive()
    .default(2000)
    .describe(
      'The accuracy is measured on so many held-out images, every `probeEvery` updates and at the end.',
    ),
});

export type ClassifierModelConfig = z.infer<typeof classifierModelSchema>;
export type ClassifierConfig = z.infer<typeof classifierSchema>;
