/** The sections `dataset` of a configuration, one for each kind of data set, checked with zod. */
import { z } from 'zod';
import { mnistVariants } from '../datasets/mnist-variants.ts';

export const toyDatasetSchema = z.strictObject({
  kind: z.literal('toy'),
  density: z
    .enum(['eight-gaussians', 'pinwheel', 'spiral'])
    .describe('The density that the points are drawn from: it is known in closed form.'),
  trainCount: z.int().positive().default(500_000).describe('Points drawn for the trainings.'),
  testCount: z.int().positive().default(20_000).describe('Points drawn for the evaluation.'),
  /** Left out by configurations of earlier versions, whose points are of the run's seed. */
  seed: z
    .int()
    .min(0)
    .default(1)
    .optional()
    .describe(
      `Seed of the points. It does not follow the run's seed: runs that differ in their seed alone `
        + `are trained on the same points. By default it is 1, like the run's.`,
    ),
});

export const cifar10DatasetSchema = z.strictObject({
  kind: z.literal('cifar10'),
  allowPartial: z
    .boolean()
    .default(false)
    .describe(
      'Whether to accept fewer images than the official 50,000 + 10,000, or other ones; the record '
        + 'and the report then say so.',
    ),
});

export const svhnDatasetSchema = z.strictObject({
  kind: z.literal('svhn'),
  trainFile: z
    .string()
    .min(1)
    .default('train_32x32.mat')
    .describe('The file of the images to train on, in the data folder.'),
  testFile: z
    .string()
    .min(1)
    .default('test_32x32.mat')
    .describe('The file of the images to test on, in the data folder.'),
  allowPartial: z
    .boolean()
    .default(false)
    .describe(
      'Whether to accept fewer images than the official 73,257 + 26,032, other ones, no labels, and '
        + 'no test file: the last tenth is held out then.',
    ),
  extra: z
    .boolean()
    .default(false)
    .describe('Whether to train on extra_32x32.mat too: 531,131 easier images. The paper does not.'),
});

export const mnistDatasetSchema = z.strictObject({
  kind: z.literal('mnist'),
  padValue: z
    .int()
    .min(0)
    .max(255)
    .default(0)
    .describe("Grey level of the two pixels around each image. 0 is the digits' own background."),
  allowPartial: z
    .boolean()
    .default(false)
    .describe(
      'Whether to accept fewer images than the official 60,000 + 10,000, or other ones in the same files.',
    ),
  variant: z
    .enum(mnistVariants)
    .default('mnist')
    .describe(
      'Which set is in the folder: MNIST, or another one in the same form (Fashion-MNIST, KMNIST, a '
        + 'split of EMNIST).',
    ),
});

/** Against Pillow's BILINEAR, at 140 -> 32: linear is off it by 0.8 grey levels on average and 4 at most on a
 *  smooth picture, by 2.6 and 14 on noise; cubic by 2.5 and 9, 3.6 and 17; lanczos3 by 3.1 and 12, 4.7 and
 *  22. */
const kernelSchema = z
  .enum(['pillow-bilinear', 'linear', 'cubic', 'lanczos3'])
  .default('pillow-bilinear')
  .describe(
    `How images are resized. pillow-bilinear gives, to the byte, what Pillow's BILINEAR does, and `
      + `most published preprocessing is that. The others are libvips's, the defaults of before.`,
  );

export const celebaDatasetSchema = z.strictObject({
  kind: z.literal('celeba'),
  size: z
    .literal([32, 64])
    .default(32)
    .describe("Side of the images: 32 as in the paper's tables; 64 is what most others show."),
  crop: z
    .int()
    .min(64)
    .max(178)
    .default(140)
    .describe(
      'Side of the central square; the paper gives none. 140: Song and Ermon 2019, for 32 x 32. 178 '
        + 'keeps the full width.',
    ),
  kernel: kernelSchema,
  allowPartial: z
    .boolean()
    .default(false)
    .describe('Whether to accept fewer images than the official 162,770 + 19,962.'),
});

export const folderDatasetSchema = z.strictObject({
  kind: z.literal('folder'),
  size: z
    .int()
    .min(8)
    .max(256)
    .multipleOf(4)
    .default(32)
    .describe('Side of the images; a multiple of 4, for a flow halves it at each level.'),
  channels: z
    .literal([1, 3, 'auto'])
    .default('auto')
    .describe(
      'auto: 1 where all images are grey, else 3. Grey images in 3 channels hold each value three '
        + 'times, and their bits/dim compares with nothing.',
    ),
  heldOut: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.1)
    .describe('Share of the images held out for testing, by the hashes of their names.'),
  kernel: kernelSchema,
  maxPixels: z
    .int()
    .positive()
    .default(50_000_000)
    .describe(
      'Larger images are refused before they are decoded, for a file of a few bytes can promise '
        + 'gigapixels. 50 million is above common cameras.',
    ),
  onBadImage: z
    .enum(['refuse', 'skip'])
    .default('refuse')
    .describe(
      'What a damaged image does. refuse: it stops the run, for the folder may not be what it is '
        + 'thought to be; skip: the card counts it.',
    ),
});

export const npzDatasetSchema = z.strictObject({
  kind: z.literal('npz'),
  file: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('The file in the data folder; null takes the only .npz there.'),
  array: z
    .string()
    .min(1)
    .default('arr_0')
    .describe('The array that holds the images. arr_0 is what numpy.savez calls one without a name.'),
  size: z
    .int()
    .min(8)
    .max(256)
    .multipleOf(4)
    .default(32)
    .describe(
      'Side of the images in it, which are not resized; a multiple of 4, for a flow halves it at each level.',
    ),
  channels: z.literal([1, 3]).default(3).describe('Channels of the images in it.'),
  heldOut: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.1)
    .describe('Share of the images held out for testing, by the hashes of their numbers.'),
});

export const datasetSchema = z.discriminatedUnion('kind', [
  toyDatasetSchema,
  cifar10DatasetSchema,
  svhnDatasetSchema,
  mnistDatasetSchema,
  celebaDatasetSchema,
  folderDatasetSchema,
  npzDatasetSchema,
]);

export type ImageDatasetConfig = Exclude<DatasetConfig, { kind: 'toy' }>;

export type DatasetConfig = z.infer<typeof datasetSchema>;
