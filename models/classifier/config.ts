/** What a small image classifier and its training can be configured to. */
import { z } from 'zod';
import { optimiserSchema, trainingFields } from '../fce/config.ts';

export const classifierModelSchema = z.strictObject({
  /** Labels are 0 to classes - 1. */
  classes: z.int().min(2).default(10),
  /** Of the strided convolutions. */
  channels: z.array(z.int().positive()).nonempty().default([32, 64, 128]),
  /** Width of the layer that a Frechet distance is measured in. */
  features: z.int().positive().default(64),
});

export const classifierSchema = z.strictObject({
  method: z.literal('classifier'),
  ...trainingFields,
  /** Of its own, so that all runs of a data set measure in one network, whatever their seeds. */
  seed: z.int().min(0).default(0),
  model: classifierModelSchema.prefault({}),
  classifier: optimiserSchema,
  /** Held-out images that the accuracy is measured on every `probeEvery` updates and at the end. */
  heldOutImages: z.int().positive().default(2000),
});

export type ClassifierModelConfig = z.infer<typeof classifierModelSchema>;
export type ClassifierConfig = z.infer<typeof classifierSchema>;
