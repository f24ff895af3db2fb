/** CelebA (Liu et al. 2015), the aligned images of 178 x 218: a folder or the official zip, with the official
 *  split. A central square is cut out and resized. The paper gives no crop; 140 is that of Song and Ermon
 *  2019 for 32 x 32, torchvision's CenterCrop(140) and Resize. Of the official split the training and the
 *  test images are used, the validation images are left out. */
import { basename } from 'node:path';
import { availableParallelism } from 'node:os';
import { findCelebaImages, type CelebaImages } from './celeba-images.ts';
import { readPartition } from './celeba-partition.ts';
import { decodeImage, type DecodeOptions } from './decode-image.ts';
import { MissingDataError } from '../ports/data-errors.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { yieldInOrder } from './in-order.ts';
import { resizeSentence } from './resize-words.ts';

const alignedSize = { width: 178, height: 218 } as const;
const official = { images: 202_599, train: 162_770, test: 19_962 };

export interface CelebaOptions {
  readonly size: 32 | 64;
  readonly crop: number;
  readonly kernel: DecodeOptions['kernel'];
  readonly allowPartial: boolean;
}

/** Checks that every image of the official split is there; none is decoded yet. Throws MissingDataError or
 *  BadInputError. */
export async function openCeleba(
  dataDir: string,
  { size, crop, kernel, allowPartial }: CelebaOptions,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const parts = await readPartition(dataDir);
  const partitionName = basename(parts.path);
  const images = await findCelebaImages(dataDir, signal);
  const present = {
    train: parts.train.filter((name) => images.names.has(name)),
    test: parts.test.filter((name) => images.names.has(name)),
  };
  const partial = present.train.length < official.train || present.test.length < official.test;
  if (partial && !allowPartial) {
    throw new MissingDataError(
      `${dataDir} should hold CelebA's ${official.train} training and ${official.test} test images, `
        + `and holds ${present.train.length} and ${present.test.length} of them. `
        + 'Use the official files, or accept a part of it with --set dataset.allowPartial=true.',
    );
  }
  if (present.train.length === 0 || present.test.length === 0) {
    throw new MissingDataError(
      `${dataDir} should hold images that ${partitionName} has for training and for testing, and `
        + `holds ${present.train.length} and ${present.test.length} of the ${images.names.size} files in `
        + `${images.place}. Add some of each.`,
    );
  }
  const decode: DecodeOptions = {
    shape: [size, size, 3],
    kernel,
    maxPixels: 2 * alignedSize.width * alignedSize.height,
    crop: { ...alignedSize, side: crop },
  };
  return {
    shape: decode.shape,
    train: split(images, present.train, decode),
    test: split(images, present.test, decode),
    partial,
    labelled: false,
    source:
      `CelebA, aligned, ${size} x `
      + `${size}${partial ? `, a part of it (${present.train.length} of ${official.train} training and ` + `${present.test.length} of ${official.test} test images)` : ''}`,
    pinned: partial ? [] : [parts.pinned],
    inputs: [
      { name: partitionName, path: parts.path },
      ...images.inputs([...present.train, ...present.test]),
    ],
    card: {
      split: `official (${partitionName}): training and test; the validation images are left out`,
      preprocessing: [
        `The central ${crop} x ${crop} pixels of the aligned 178 x 218 images, from column `
          + `${Math.floor((alignedSize.width - crop) / 2)} and row `
          + `${Math.floor((alignedSize.height - crop) / 2)}.`,
        `To ${size} x ${size}. ${resizeSentence(kernel, crop / size)}`,
      ],
      licence: 'Non-commercial research use only, as its authors ask.',
    },
    remarks: () => [],
    close: () => images.close?.(),
  };
}

const split = (images: CelebaImages, names: readonly string[], decode: DecodeOptions): ImageSplit => ({
  count: names.length,
  images: () =>
    yieldInOrder(names, 2 * availableParallelism(), async (name) =>
      decodeImage(name, await images.read(name), decode),
    ),
  labels: async () => null,
});
