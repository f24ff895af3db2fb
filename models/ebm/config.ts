/** What an energy-based model can be configured to. */
import { z } from 'zod';

export const denseEbmSchema = z.strictObject({
  kind: z.literal('dense'),
  width: z.int().positive().default(128).describe('Units of each hidden layer.'),
  hiddenLayers: z.int().positive().default(3).describe('Hidden layers before the scalar.'),
  leakySlope: z
    .number()
    .min(0)
    .lt(1)
    .default(0.2)
    .describe('Slope of the leaky ReLU where its input is negative.'),
});

export const convEbmSchema = z.strictObject({
  kind: z.literal('conv'),
  channels: z
    .array(z.int().positive())
    .nonempty()
    .default([64, 128, 256, 256])
    .describe('Channels: one strided convolution for each entry, then a dense layer to a scalar.'),
  leakySlope: z
    .number()
    .min(0)
    .lt(1)
    .default(0.2)
    .describe('Slope of the leaky ReLU where its input is negative.'),
});

export const ebmSchema = z.discriminatedUnion('kind', [denseEbmSchema, convEbmSchema]);
export type DenseEbmConfig = z.infer<typeof denseEbmSchema>;
export type ConvEbmConfig = z.infer<typeof convEbmSchema>;
export type EbmConfig = z.infer<typeof ebmSchema>;
