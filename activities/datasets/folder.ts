/** Any folder of images, its folders included. Which images are held out follows from their names alone, so
 *  that adding or removing others changes nothing: image `name` is a test image where the first 32 bits of
 *  SHA-256(name), over 2^32, are below the held-out share. */
import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import type { DatasetNote } from '../contracts/dataset.ts';
import type { Heartbeat } from '../ports/progress.ts';
import { allGrey } from './all-grey.ts';
import type { DecodeOptions } from './decode-image.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import { openFolderImages, type FolderImages } from './folder-images.ts';
import { requireImageSize } from './image-bytes.ts';
import type { ImageSource } from './image-source.ts';
import { yieldInOrder } from './in-order.ts';
import { leftOutOf } from './left-out.ts';
import { listFolder, type NameListing } from './list-names.ts';
import { greySentence, resizeSentence } from './resize-words.ts';

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif']);
export const isImageName = (name: string): boolean => extensions.has(extname(name).toLowerCase());

export interface FolderOptions {
  readonly size: number;
  readonly channels: 1 | 3 | 'auto';
  readonly heldOut: number;
  readonly kernel: DecodeOptions['kernel'];
  readonly maxPixels: number;
  readonly onBadImage: 'refuse' | 'skip';
}

/** Lists the folder, and looks whether all images are grey where that decides the channels; images are
 *  decoded when they are read. Throws MissingDataError, and BadInputError on a bad image while reading. */
export async function openFolder(
  dataDir: string,
  options: FolderOptions,
  signal?: AbortSignal,
  onProgress?: Heartbeat['onProgress'],
): Promise<ImageSource> {
  const { size, heldOut, kernel, maxPixels, onBadImage } = options;
  const listing = await listed(dataDir, signal);
  // By a link a file can have two names, of which one could be held out and the other trained on.
  const names = listing.names.filter((name) => isImageName(name) && !listing.again.has(name));
  const [train, test] = [
    names.filter((name) => shareOf(name) >= heldOut),
    names.filter((name) => shareOf(name) < heldOut),
  ];
  if (train.length === 0 || test.length === 0) {
    throw new MissingDataError(
      `${dataDir} should hold images (${[...extensions].join(' ')}) for training and, of the share `
        + `${heldOut} by the hashes of their names, for testing; it holds ${train.length} and `
        + `${test.length}. Add images, or change the share with --set dataset.heldOut=SHARE.`,
    );
  }
  for await (const _ of yieldInOrder(names, 16, (name) => requireImageSize(join(dataDir, name))))
    signal?.throwIfAborted();
  const channels =
    options.channels !== 'auto'
      ? options.channels
      : (await allGrey(
            dataDir,
            names,
            { size, maxPixels },
            { ...(signal && { signal }), ...(onProgress && { onProgress }) },
          ))
        ? 1
        : 3;
  const images = openFolderImages(
    dataDir,
    { shape: [size, size, channels], kernel, maxPixels, crop: null },
    onBadImage,
  );
  const others = listing.names.filter((name) => !isImageName(name));
  return {
    shape: [size, size, channels],
    train: images.split(train),
    test: images.split(test),
    partial: false,
    labelled: false,
    source: `images of the folder ${basename(dataDir)}, ${size} x ${size}${channels === 1 ? ', grey' : ''}`,
    inputs: names.map((name) => ({ name, path: join(dataDir, name) })),
    pinned: [],
    card: {
      split: `by name: test where the first 32 bits of SHA-256(name), over 2^32, are below ${heldOut}`,
      preprocessing: [
        `The shorter side to ${size}, then the central ${size} x ${size} pixels. `
          + `${resizeSentence(kernel, null)}`,
        'EXIF orientation applied; profiles and CMYK converted to sRGB; 16 bits a channel cut to the '
          + 'upper 8; transparency over white; of several frames the first.',
        ...(options.channels === 'auto' && channels === 1
          ? ['All images are grey, and have one channel.']
          : channels === 1
            ? [greySentence(kernel)]
            : []),
      ],
      licence: 'Not known: that of the images themselves.',
    },
    remarks: () => [
      ...(others.length > 0
        ? [`${others.length} files that are no images by their names were left out.`]
        : []),
      ...(images.skipped.size > 0
        ? [`${images.skipped.size} images could not be read and were left out.`, ...images.skipped.values()]
        : []),
      ...notesOf(dataDir, listing, others, images, options.channels).map(({ sentence }) => sentence),
      ...(images.grey > 0 && images.grey < images.taken
        ? [`${images.grey} of the ${images.taken} images are grey, in three equal channels.`]
        : []),
    ],
    notes: () => notesOf(dataDir, listing, others, images, options.channels),
  };
}

function listed(dataDir: string, signal: AbortSignal | undefined): Promise<NameListing> {
  return listFolder(dataDir, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof BadInputError) throw error;
    throw new MissingDataError(
      `${dataDir} should be a folder of images, and cannot be read (${(error as Error).message}). `
        + 'Give another folder as --data-dir.',
    );
  });
}

/** What was left out, and that channels are copies. */
function notesOf(
  dataDir: string,
  { noFiles, again }: NameListing,
  others: readonly string[],
  { skipped, grey, taken }: FolderImages,
  asked: FolderOptions['channels'],
): DatasetNote[] {
  const why =
    asked === 3
      ? 'as asked'
      : 'for pictures of more than 16 megapixels are not looked at before they are taken';
  const leftOut = leftOutOf({ dataDir, others, unreadable: [...skipped.keys()], noFiles, again });
  const copies: DatasetNote = {
    what: 'noted',
    details: { grey, images: taken },
    sentence:
      `All ${taken} images are grey, and each value is there three times, ${why}: bits/dim of copies `
      + 'is no bits/dim, and compares with no other. --set dataset.channels=1 has each value once.',
  };
  return [...(leftOut ? [leftOut] : []), ...(grey > 0 && grey === taken ? [copies] : [])];
}

export const shareOf = (name: string): number =>
  createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;
