/** The sections of a configuration, each checked by itself with zod. */
import { z } from 'zod';
import { classifierSchema } from '../../models/classifier/config.ts';
import { ebmSchema } from '../../models/ebm/config.ts';
import { controlSchema, fceSchema, mleSchema, nceSchema } from '../../models/fce/config.ts';
import { flowSchema } from '../../models/flow/config.ts';
import { ganSchema } from '../../models/gan/config.ts';
import { vaeSchema } from '../../models/vae/config.ts';
import { datasetSchema } from './dataset-config.ts';

export const evaluationSchema = z.strictObject({
  extent: z
    .number()
    .positive()
    .default(6)
    .describe('2-D: the densities are drawn and integrated on the square [-extent, extent]^2.'),
  gridSize: z.int().min(16).default(256).describe('2-D: cells along each side of that square.'),
  samples: z.int().positive().default(2000).describe('Images: samples of a flow for the Frechet distance.'),
  gridSamples: z.int().positive().default(64).describe('Images: samples in the picture of the report.'),
  temperature: z
    .number()
    .positive()
    .default(1)
    .describe('Deviation of the latents that samples are drawn from; 1 is the model itself.'),
  temperatures: z
    .array(z.number().positive())
    .default([0.7, 0.85, 1])
    .describe(
      'Images: deviations of further pictures, drawn from the same latents. Below 1 samples are '
        + `cleaner and less varied than the model's.`,
    ),
  importanceSamples: z
    .int()
    .min(2)
    .default(2000)
    .describe(
      "Images: samples of a flow for an EBM's normaliser by importance sampling, always at temperature 1.",
    ),
  batchSize: z.int().positive().default(100).describe('Images that the feature network is given at a time.'),
});

export const computeSchema = z.strictObject({
  threads: z
    .int()
    .min(0)
    .default(0)
    .describe(
      "Threads of one training's compute process; 0 takes all cores. They are part of every key, for "
        + 'sums depend on them.',
    ),
});

/** Each section by itself. */
export const experimentSectionsSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .default(1)
    .describe('Seed of weights, batches, noise and evaluation, not of the data.'),
  dataset: datasetSchema.describe('The data.'),
  models: z
    .strictObject({
      flow: flowSchema.describe('The flow: Glow.'),
      ebm: ebmSchema.describe('The energy-based model.'),
    })
    .describe('The two models of the contrast.'),
  baselines: z
    .strictObject({
      flowMle: mleSchema
        .nullable()
        .default(null)
        .describe('A flow of the same form, trained by maximum likelihood alone.'),
      nceStandard: nceSchema
        .nullable()
        .default(null)
        .describe('An EBM of the same form, trained by noise contrastive estimation against N(0, I).'),
      nceMatched: nceSchema
        .nullable()
        .default(null)
        .describe("An EBM of the same form, trained against a Gaussian with the data's mean and covariance."),
      control: controlSchema
        .nullable()
        .default(null)
        .describe(
          'More maximum likelihood from the pretrained flow: what the time of the contrast gives without it.',
        ),
      vae: vaeSchema
        .nullable()
        .default(null)
        .describe('A variational autoencoder, for the table of samples.'),
      dcgan: ganSchema
        .nullable()
        .default(null)
        .describe('A generative adversarial network, for the table of samples.'),
    })
    .prefault({})
    .describe('What is trained beside the main line, for comparison.'),
  featureNetwork: classifierSchema
    .nullable()
    .default(null)
    .describe(
      'A classifier of labelled images, trained beside the rest. A Frechet distance is measured in '
        + 'its features where no network is given.',
    ),
  pretrain: mleSchema
    .nullable()
    .default(null)
    .describe(
      'Maximum-likelihood training of the flow before the contrast; null starts the contrast from '
        + 'random weights.',
    ),
  contrast: fceSchema.describe('The training of flow and EBM against each other.'),
  evaluation: evaluationSchema.prefault({}).describe('What is computed of the trained models.'),
  compute: computeSchema.prefault({}).describe('How the machine is used.'),
});

export type Config = z.infer<typeof experimentSectionsSchema>;
