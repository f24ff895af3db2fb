/** The configuration of an experiment, checked with zod. Workflows see only the types (`contracts.ts`). */
import { z } from 'zod';
import { classifierSchema } from '../models/classifier/config.ts';
import { ebmSchema } from '../models/ebm/config.ts';
import { fceSchema, mleSchema, nceSchema } from '../models/fce/config.ts';
import { flowSchema } from '../models/flow/config.ts';
import { ganSchema } from '../models/gan/config.ts';
import { vaeSchema } from '../models/vae/config.ts';
import { checkCombination } from './config-rules.ts';
import { mnistVariants } from './datasets/mnist-variants.ts';

export const toyDatasetSchema = z.strictObject({
  kind: z.literal('toy'),
  density: z.enum(['eight-gaussians', 'pinwheel', 'spiral']),
  trainCount: z.int().positive().default(500_000),
  testCount: z.int().positive().default(20_000),
});

export const cifar10DatasetSchema = z.strictObject({
  kind: z.literal('cifar10'),
  /** Accept fewer images than the official 50,000 + 10,000, or other ones; the record and the report then say so. */
  allowPartial: z.boolean().default(false),
});

export const svhnDatasetSchema = z.strictObject({
  kind: z.literal('svhn'),
  trainFile: z.string().min(1).default('train_32x32.mat'),
  testFile: z.string().min(1).default('test_32x32.mat'),
  /** Accept fewer images than the official 73,257 + 26,032, other ones, no labels, and no test file: the last tenth is held out then. */
  allowPartial: z.boolean().default(false),
  /** Train on extra_32x32.mat too, 531,131 easier images; the paper does not. */
  extra: z.boolean().default(false),
});

export const mnistDatasetSchema = z.strictObject({
  kind: z.literal('mnist'),
  /** The two pixels around each image; 0 is the digits' own background. */
  padValue: z.int().min(0).max(255).default(0),
  /** Accept fewer images than the official 60,000 + 10,000, or other ones in the same files. */
  allowPartial: z.boolean().default(false),
  /** Or another set in the same form: Fashion-MNIST, KMNIST, or a split of EMNIST. */
  variant: z.enum(mnistVariants).default('mnist'),
});

/** pillow-bilinear: to the byte what Pillow's BILINEAR gives, which torchvision calls too: most published preprocessing is that. The others are
 *  libvips's, the defaults of before: at 140 -> 32 linear is off it by 0.8 grey levels on average and 4 at most on a smooth picture, by 2.6 and
 *  14 on noise; cubic by 2.5 and 9, 3.6 and 17; lanczos3 by 3.1 and 12, 4.7 and 22. */
const kernelSchema = z.enum(['pillow-bilinear', 'linear', 'cubic', 'lanczos3']).default('pillow-bilinear');

export const celebaDatasetSchema = z.strictObject({
  kind: z.literal('celeba'),
  /** 32 as in the paper's tables; 64 is what most others show. */
  size: z.literal([32, 64]).default(32),
  /** Side of the central square; the paper gives none. 140: Song and Ermon 2019, for 32 x 32. 178 keeps the full width. */
  crop: z.int().min(64).max(178).default(140),
  kernel: kernelSchema,
  /** Accept fewer images than the official 162,770 + 19,962. */
  allowPartial: z.boolean().default(false),
});

export const folderDatasetSchema = z.strictObject({
  kind: z.literal('folder'),
  /** A multiple of 4: a flow halves the side at each level. */
  size: z.int().min(8).max(256).multipleOf(4).default(32),
  /** auto: 1 where all images are grey, else 3. Grey images in 3 channels hold each value three times, and their bits/dim compares with nothing. */
  channels: z.literal([1, 3, 'auto']).default('auto'),
  /** Share of the images held out for testing, by the hashes of their names. */
  heldOut: z.number().gt(0).max(0.5).default(0.1),
  kernel: kernelSchema,
  /** Larger images are refused before they are decoded: a file of a few bytes can promise gigapixels. 50 million: above common cameras. */
  maxPixels: z.int().positive().default(50_000_000),
  /** A folder with a damaged image is refused, for it may not be what it is thought to be; skip counts them in the card. */
  onBadImage: z.enum(['refuse', 'skip']).default('refuse'),
});

export const npzDatasetSchema = z.strictObject({
  kind: z.literal('npz'),
  /** null: the only .npz of the data folder. */
  file: z.string().min(1).nullable().default(null),
  /** arr_0: what numpy.savez calls an array without a name. */
  array: z.string().min(1).default('arr_0'),
  /** Of the images in it, which are not resized; a multiple of 4, for a flow halves the side at each level. */
  size: z.int().min(8).max(256).multipleOf(4).default(32),
  channels: z.literal([1, 3]).default(3),
  /** Share of the images held out for testing, by the hashes of their numbers. */
  heldOut: z.number().gt(0).max(0.5).default(0.1),
});

export const datasetSchema = z.discriminatedUnion('kind', [
  toyDatasetSchema, cifar10DatasetSchema, svhnDatasetSchema, mnistDatasetSchema, celebaDatasetSchema, folderDatasetSchema,
  npzDatasetSchema,
]);

export const evaluationSchema = z.strictObject({
  /** 2-D: side of the square the densities are drawn and integrated on, [-extent, extent]^2, and cells along it. */
  extent: z.number().positive().default(6),
  gridSize: z.int().min(16).default(256),
  /** Images: flow samples for the Frechet distance and the sample grid; batch of the feature network. */
  samples: z.int().positive().default(2000),
  gridSamples: z.int().positive().default(64),
  temperature: z.number().positive().default(1),
  /** Images: further grids, from the same latents. Below 1 samples are cleaner and less varied than the model's. */
  temperatures: z.array(z.number().positive()).default([0.7, 0.85, 1]),
  /** Images: flow samples for an EBM's normaliser by importance sampling, always at temperature 1. */
  importanceSamples: z.int().min(2).default(2000),
  batchSize: z.int().positive().default(100),
});

export const computeSchema = z.strictObject({
  /** Threads of one training's compute process; part of every key, for sums depend on it. 0: all cores. */
  threads: z.int().min(0).default(0),
});

/** Each section by itself. */
export const experimentSectionsSchema = z.strictObject({
  seed: z.int().min(0).default(1),
  dataset: datasetSchema,
  models: z.strictObject({ flow: flowSchema, ebm: ebmSchema }),
  /** Trained beside the main line, for comparison. */
  baselines: z.strictObject({
    flowMle: mleSchema.nullable().default(null),
    nceStandard: nceSchema.nullable().default(null),
    nceMatched: nceSchema.nullable().default(null),
    /** More maximum likelihood from the pretrained flow: what the time of the contrast gives without it. Give it as many updates as take that time. */
    control: mleSchema.nullable().default(null),
    vae: vaeSchema.nullable().default(null),
    dcgan: ganSchema.nullable().default(null),
  }).prefault({}),
  /** Images with labels: a classifier, trained beside the rest, whose features a Frechet distance is measured in where no network is given. */
  featureNetwork: classifierSchema.nullable().default(null),
  /** Maximum-likelihood training of the flow before the contrast; null starts the contrast from random weights. */
  pretrain: mleSchema.nullable().default(null),
  contrast: fceSchema,
  evaluation: evaluationSchema.prefault({}),
  compute: computeSchema.prefault({}),
});

/** The sections, and what they must be to each other. */
export const experimentConfigSchema = experimentSectionsSchema.superRefine((config, context) => checkCombination(config, context, false));
const givenFlowConfigSchema = experimentSectionsSchema.superRefine((config, context) => checkCombination(config, context, true));

/** Of a run: one that starts from a given flow (--initial-flow) can do without a pretraining what others need one for. */
export const configSchemaOf = ({ flowGiven }: { readonly flowGiven: boolean }): typeof experimentConfigSchema =>
  flowGiven ? givenFlowConfigSchema : experimentConfigSchema;
