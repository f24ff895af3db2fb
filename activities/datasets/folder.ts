/** Any folder of images, its folders included. Which images are held out follows from their names alone, so that adding or removing others
 *  changes nothing: image `name` is a test image where the first 32 bits of SHA-256(name), over 2^32, are below the held-out share. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { decodeImage, type DecodeOptions } from './decode-image.ts';
import { BadInputError, MissingDataError } from './errors.ts';
import { imageBytes, requireImageSize } from './image-bytes.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { inOrder } from './in-order.ts';
import { listNames } from './list-names.ts';
import { greySentence, resizeSentence } from './resize-words.ts';

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);

export interface FolderOptions {
  readonly size: number;
  readonly channels: 1 | 3;
  readonly heldOut: number;
  readonly kernel: DecodeOptions['kernel'];
  readonly maxPixels: number;
  readonly onBadImage: 'refuse' | 'skip';
}

/** Lists the folder; images are decoded when they are read. Throws MissingDataError, and BadInputError on a bad image while reading. */
export async function openFolder(dataDir: string, options: FolderOptions, signal?: AbortSignal): Promise<ImageSource> {
  const { size, channels, heldOut, kernel, maxPixels } = options;
  const files = await listNames(dataDir, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof BadInputError) throw error;
    throw new MissingDataError(`${dataDir} should be a folder of images, and cannot be read (${(error as Error).message}). Give another folder as --data-dir.`);
  });
  const names = files.filter((name) => extensions.has(extname(name).toLowerCase()));
  const [train, test] = [names.filter((name) => shareOf(name) >= heldOut), names.filter((name) => shareOf(name) < heldOut)];
  if (train.length === 0 || test.length === 0) {
    throw new MissingDataError(
      `${dataDir} should hold images (${[...extensions].join(' ')}) for training and, of the share ${heldOut} by the hashes of their names, for testing; ` +
      `it holds ${train.length} and ${test.length}. Add images, or change the share with --set dataset.heldOut=SHARE.`,
    );
  }
  for await (const _ of inOrder(names, 16, (name) => requireImageSize(join(dataDir, name)))) signal?.throwIfAborted();
  const decode: DecodeOptions = { shape: [size, size, channels], kernel, maxPixels, crop: null };
  const skipped: string[] = [];
  const splitOf = (chosen: readonly string[]): ImageSplit => ({
    count: chosen.length,
    images: () => someOf(dataDir, chosen, read(dataDir, chosen, decode, options.onBadImage, skipped)),
    labels: async () => null,
  });
  return {
    shape: decode.shape, train: splitOf(train), test: splitOf(test), partial: false, labelled: false,
    source: `images of the folder ${basename(dataDir)}, ${size} x ${size}${channels === 1 ? ', grey' : ''}`,
    inputs: names.map((name) => ({ name, path: join(dataDir, name) })),
    pinned: [],
    card: {
      split: `by name: test where the first 32 bits of SHA-256(name), over 2^32, are below ${heldOut}`,
      preprocessing: [
        `The shorter side to ${size}, then the central ${size} x ${size} pixels. ${resizeSentence(kernel, null)}`,
        'EXIF orientation applied; profiles and CMYK converted to sRGB; 16 bits a channel cut to the upper 8; transparency over white; of several frames the first.',
        ...channels === 1 ? [greySentence(kernel)] : [],
      ],
      licence: 'Not known: that of the images themselves.',
    },
    remarks: () => [
      ...files.length > names.length ? [`${files.length - names.length} files that are no images by their names were left out.`] : [],
      ...skipped.length > 0 ? [`${skipped.length} images could not be read and were left out.`, ...skipped] : [],
    ],
  };
}

/** A split of nothing but bad images is no split, whatever was to be done about them. */
async function* someOf(dataDir: string, names: readonly string[], images: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let found = false;
  for await (const image of images) {
    found = true;
    yield image;
  }
  if (!found) throw new BadInputError(`${dataDir} should hold images for training and for testing, and none of ${names.length} of them (${names[0]!} ...) can be read. Add images that can.`);
}

export const shareOf = (name: string): number => createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;

async function* read(
  dataDir: string, names: readonly string[], decode: DecodeOptions, onBadImage: FolderOptions['onBadImage'], skipped: string[],
): AsyncGenerator<Uint8Array> {
  const decoded = inOrder(names, 2 * availableParallelism(), async (name) => {
    try {
      return await decodeImage(name, await imageBytes(join(dataDir, name)), decode);
    } catch (error) {
      if (!(error instanceof BadInputError)) throw error;
      if (onBadImage === 'skip') return error;
      throw new BadInputError(`${error.message} Replace or remove it, or leave such images out with --set dataset.onBadImage=skip.`);
    }
  });
  for await (const image of decoded) {
    if (image instanceof BadInputError) skipped.push(image.message);
    else yield image;
  }
}
