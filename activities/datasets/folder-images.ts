/** The images of a folder as they are read: decoded side by side, bad ones refused or left out, grey ones
 *  counted. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { decodeImage, type DecodeOptions } from './decode-image.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { imageBytes } from './image-bytes.ts';
import type { ImageSplit } from './image-source.ts';
import { yieldInOrder } from './in-order.ts';
import { isGrey } from './resized-as-pillow.ts';

export interface FolderImages {
  split(names: readonly string[]): ImageSplit;
  /** By name, why an image could not be read. */
  readonly skipped: ReadonlyMap<string, string>;
  /** Images that were read so far, and of those with three channels how many have them equal. */
  readonly taken: number;
  readonly grey: number;
}

export function openFolderImages(
  dataDir: string,
  decode: DecodeOptions,
  onBadImage: 'refuse' | 'skip',
): FolderImages {
  const skipped = new Map<string, string>();
  let taken = 0;
  let grey = 0;
  return {
    skipped,
    get taken() {
      return taken;
    },
    get grey() {
      return grey;
    },
    split: (names) => ({
      count: names.length,
      images: () => someOf(dataDir, names, images(names)),
      labels: async () => null,
    }),
  };

  async function* images(names: readonly string[]): AsyncGenerator<Uint8Array> {
    const decoded = yieldInOrder(names, 2 * availableParallelism(), async (name) => {
      try {
        return await decodeImage(name, await imageBytes(join(dataDir, name)), decode);
      } catch (error) {
        if (!(error instanceof BadInputError)) throw error;
        if (onBadImage === 'refuse')
          throw new BadInputError(
            `${error.message} Replace or remove it, or leave such images out with --set `
              + 'dataset.onBadImage=skip.',
          );
        skipped.set(name, error.message);
        return null;
      }
    });
    for await (const image of decoded) {
      if (image === null) continue;
      taken += 1;
      if (decode.shape[2] === 3 && isGrey(image)) grey += 1;
      yield image;
    }
  }
}

/** A split of nothing but bad images is no split, whatever was to be done about them. */
async function* someOf(
  dataDir: string,
  names: readonly string[],
  images: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let found = false;
  for await (const image of images) {
    found = true;
    yield image;
  }
  if (!found)
    throw new BadInputError(
      `${dataDir} should hold images for training and for testing, and none of ${names.length} of `
        + `them (${names[0]!} ...) can be read. Add images that can.`,
    );
}
