/** The configuration of an experiment, checked with zod. Workflows see only the types (`contracts.ts`). */
import { z } from 'zod';
import { classifierSchema } from '../../models/classifier/config.ts';
import { ebmSchema } from '../../models/ebm/config.ts';
import { controlSchema, fceSchema, mleSchema, nceSchema } from '../../models/fce/config.ts';
import { flowSchema } from '../../models/flow/config.ts';
import { ganSchema } from '../../models/gan/config.ts';
import { vaeSchema } from '../../models/vae/config.ts';
import { checkCombination } from './config-rules.ts';
import { mnistVariants } from '../datasets/mnist-variants.ts';

export const toyDatasetSchema = z.strictObject({
  kind: z.literal('toy'),
  density: z.enum(['eight-gaussians', 'pinwheel', 'spiral'])
    .describe('The density that the points are drawn from: it is known in closed form.'),
  trainCount: z.int().positive().default(500_000).describe('Points drawn for the trainings.'),
  testCount: z.int().positive().default(20_000).describe('Points drawn for the evaluation.'),
  /** Left out by configurations of earlier versions, whose points are of the run's seed. */
  seed: z.int().min(0).default(1).optional()
    .describe("Seed of the points. It does not follow the run's seed: runs that differ in their seed alone are trained on the same points. "
      + "By default it is 1, like the run's."),
});

export const cifar10DatasetSchema = z.strictObject({
  kind: z.literal('cifar10'),
  allowPartial: z.boolean().default(false)
    .describe('Whether to accept fewer images than the official 50,000 + 10,000, or other ones; the record and the report then say so.'),
});

export const svhnDatasetSchema = z.strictObject({
  kind: z.literal('svhn'),
  trainFile: z.string().min(1).default('train_32x32.mat').describe('The file of the images to train on, in the data folder.'),
  testFile: z.string().min(1).default('test_32x32.mat').describe('The file of the images to test on, in the data folder.'),
  allowPartial: z.boolean().default(false)
    .describe('Whether to accept fewer images than the official 73,257 + 26,032, other ones, no labels, and no test file: the last tenth '
      + 'is held out then.'),
  extra: z.boolean().default(false).describe('Whether to train on extra_32x32.mat too: 531,131 easier images. The paper does not.'),
});

export const mnistDatasetSchema = z.strictObject({
  kind: z.literal('mnist'),
  padValue: z.int().min(0).max(255).default(0).describe("Grey level of the two pixels around each image. 0 is the digits' own background."),
  allowPartial: z.boolean().default(false)
    .describe('Whether to accept fewer images than the official 60,000 + 10,000, or other ones in the same files.'),
  variant: z.enum(mnistVariants).default('mnist')
    .describe('Which set is in the folder: MNIST, or another one in the same form (Fashion-MNIST, KMNIST, a split of EMNIST).'),
});

/** Against Pillow's BILINEAR, at 140 -> 32: linear is off it by 0.8 grey levels on average and 4 at most on a smooth picture, by 2.6 and 14 on
 *  noise; cubic by 2.5 and 9, 3.6 and 17; lanczos3 by 3.1 and 12, 4.7 and 22. */
const kernelSchema = z.enum(['pillow-bilinear', 'linear', 'cubic', 'lanczos3']).default('pillow-bilinear')
  .describe("How images are resized. pillow-bilinear gives, to the byte, what Pillow's BILINEAR does, and most published preprocessing is "
    + "that. The others are libvips's, the defaults of before.");

export const celebaDatasetSchema = z.strictObject({
  kind: z.literal('celeba'),
  size: z.literal([32, 64]).default(32).describe("Side of the images: 32 as in the paper's tables; 64 is what most others show."),
  crop: z.int().min(64).max(178).default(140)
    .describe('Side of the central square; the paper gives none. 140: Song and Ermon 2019, for 32 x 32. 178 keeps the full width.'),
  kernel: kernelSchema,
  allowPartial: z.boolean().default(false).describe('Whether to accept fewer images than the official 162,770 + 19,962.'),
});

export const folderDatasetSchema = z.strictObject({
  kind: z.literal('folder'),
  size: z.int().min(8).max(256).multipleOf(4).default(32).describe('Side of the images; a multiple of 4, for a flow halves it at each level.'),
  channels: z.literal([1, 3, 'auto']).default('auto')
    .describe('auto: 1 where all images are grey, else 3. Grey images in 3 channels hold each value three times, and their bits/dim '
      + 'compares with nothing.'),
  heldOut: z.number().gt(0).max(0.5).default(0.1).describe('Share of the images held out for testing, by the hashes of their names.'),
  kernel: kernelSchema,
  maxPixels: z.int().positive().default(50_000_000)
    .describe('Larger images are refused before they are decoded, for a file of a few bytes can promise gigapixels. 50 million is above'
      + ' common cameras.'),
  onBadImage: z.enum(['refuse', 'skip']).default('refuse')
    .describe('What a damaged image does. refuse: it stops the run, for the folder may not be what it is thought to be; skip: the card '
      + 'counts it.'),
});

export const npzDatasetSchema = z.strictObject({
  kind: z.literal('npz'),
  file: z.string().min(1).nullable().default(null).describe('The file in the data folder; null takes the only .npz there.'),
  array: z.string().min(1).default('arr_0')
    .describe('The array that holds the images. arr_0 is what numpy.savez calls one without a name.'),
  size: z.int().min(8).max(256).multipleOf(4).default(32)
    .describe('Side of the images in it, which are not resized; a multiple of 4, for a flow halves it at each level.'),
  channels: z.literal([1, 3]).default(3).describe('Channels of the images in it.'),
  heldOut: z.number().gt(0).max(0.5).default(0.1).describe('Share of the images held out for testing, by the hashes of their numbers.'),
});

export const datasetSchema = z.discriminatedUnion('kind', [
  toyDatasetSchema, cifar10DatasetSchema, svhnDatasetSchema, mnistDatasetSchema, celebaDatasetSchema, folderDatasetSchema,
  npzDatasetSchema,
]);

export const evaluationSchema = z.strictObject({
  extent: z.number().positive().default(6).describe('2-D: the densities are drawn and integrated on the square [-extent, extent]^2.'),
  gridSize: z.int().min(16).default(256).describe('2-D: cells along each side of that square.'),
  samples: z.int().positive().default(2000).describe('Images: samples of a flow for the Frechet distance.'),
  gridSamples: z.int().positive().default(64).describe('Images: samples in the picture of the report.'),
  temperature: z.number().positive().default(1).describe('Deviation of the latents that samples are drawn from; 1 is the model itself.'),
  temperatures: z.array(z.number().positive()).default([0.7, 0.85, 1])
    .describe('Images: deviations of further pictures, drawn from the same latents. Below 1 samples are cleaner and less varied than '
      + "the model's."),
  importanceSamples: z.int().min(2).default(2000)
    .describe("Images: samples of a flow for an EBM's normaliser by importance sampling, always at temperature 1."),
  batchSize: z.int().positive().default(100).describe('Images that the feature network is given at a time.'),
});

export const computeSchema = z.strictObject({
  threads: z.int().min(0).default(0)
    .describe("Threads of one training's compute process; 0 takes all cores. They are part of every key, for sums depend on them."),
});

/** Each section by itself. */
export const experimentSectionsSchema = z.strictObject({
  seed: z.int().min(0).default(1).describe('Seed of weights, batches, noise and evaluation, not of the data.'),
  dataset: datasetSchema.describe('The data.'),
  models: z.strictObject({
    flow: flowSchema.describe('The flow: Glow.'),
    ebm: ebmSchema.describe('The energy-based model.'),
  }).describe('The two models of the contrast.'),
  baselines: z.strictObject({
    flowMle: mleSchema.nullable().default(null)
      .describe('A flow of the same form, trained by maximum likelihood alone.'),
    nceStandard: nceSchema.nullable().default(null)
      .describe('An EBM of the same form, trained by noise contrastive estimation against N(0, I).'),
    nceMatched: nceSchema.nullable().default(null)
      .describe("An EBM of the same form, trained against a Gaussian with the data's mean and covariance."),
    control: controlSchema.nullable().default(null)
      .describe('More maximum likelihood from the pretrained flow: what the time of the contrast gives without it.'),
    vae: vaeSchema.nullable().default(null).describe('A variational autoencoder, for the table of samples.'),
    dcgan: ganSchema.nullable().default(null).describe('A generative adversarial network, for the table of samples.'),
  }).prefault({}).describe('What is trained beside the main line, for comparison.'),
  featureNetwork: classifierSchema.nullable().default(null)
    .describe('A classifier of labelled images, trained beside the rest. A Frechet distance is measured in its features where no '
      + 'network is given.'),
  pretrain: mleSchema.nullable().default(null)
    .describe('Maximum-likelihood training of the flow before the contrast; null starts the contrast from random weights.'),
  contrast: fceSchema.describe('The training of flow and EBM against each other.'),
  evaluation: evaluationSchema.prefault({}).describe('What is computed of the trained models.'),
  compute: computeSchema.prefault({}).describe('How the machine is used.'),
});

/** The sections, and what they must be to each other. */
export const experimentConfigSchema = experimentSectionsSchema.superRefine((config, context) => checkCombination(config, context, false));
const givenFlowConfigSchema = experimentSectionsSchema.superRefine((config, context) => checkCombination(config, context, true));

/** Of a run: one that starts from a given flow (--initial-flow) can do without a pretraining what others need one for. */
export const configSchemaOf = ({ flowGiven }: { readonly flowGiven: boolean }): typeof experimentConfigSchema =>
  flowGiven ? givenFlowConfigSchema : experimentConfigSchema;
