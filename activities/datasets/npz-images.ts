/** A `.npz` of images, [N, H, W, C] uint8, as generative-model suites store samples and references. It has no
 *  split: image number i is held out where the first 32 bits of SHA-256(i), over 2^32, are below the held-out
 *  share, so that the order in the file does not decide. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import { shareOf } from './folder.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { openNpyStream } from './npy-stream.ts';
import { wholeRecords } from './whole-records.ts';

const mostImages = 10_000_000;

export interface NpzOptions {
  /** null: the only one of the folder. */
  readonly file: string | null;
  readonly array: string;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly heldOut: number;
}

/** Looks at the array's header; its images are read later. Throws MissingDataError or BadInputError. */
export async function openNpz(
  dataDir: string,
  { file, array, size, channels, heldOut }: NpzOptions,
): Promise<ImageSource> {
  const path = await findFile(dataDir, file);
  const { shape, others, close } = await openNpyStream(path, array);
  close();
  const [count = 0] = shape;
  const fits =
    shape.length === 4
    && count > 0
    && count <= mostImages
    && shape.slice(1).join() === [size, size, channels].join();
  if (!fits) {
    throw new BadInputError(
      `${path} should hold ${array} uint8 [N,${size},${size},${channels}], and its ${array} is [${shape}]. `
        + 'Say its side and channels with --set dataset.size=SIDE and --set dataset.channels=1 or 3.',
    );
  }
  const held = Uint8Array.from({ length: count }, (_, i) => Number(shareOf(String(i)) < heldOut));
  const [train, test] = [
    splitOf(path, array, held, 0, size * size * channels),
    splitOf(path, array, held, 1, size * size * channels),
  ];
  if (train.count === 0 || test.count === 0) {
    throw new MissingDataError(
      `${path} should hold images for training and, of the share ${heldOut} by the hashes of their `
        + `numbers, for testing; it holds ${train.count} and ${test.count}. `
        + 'Give more images, or change the share with --set dataset.heldOut=SHARE.',
    );
  }
  return {
    shape: [size, size, channels],
    train,
    test,
    partial: false,
    labelled: false,
    pinned: [],
    source: `images of the archive ${basename(path)}, ${size} x ${size}${channels === 1 ? ', grey' : ''}`,
    inputs: [{ name: basename(path), path }],
    card: {
      split: `by number: test where the first 32 bits of SHA-256(number), over 2^32, are below ${heldOut}`,
      preprocessing: [`Pixels as in the array ${array}, 8 bits a colour.`],
      licence: 'Not known: that of the images themselves.',
    },
    remarks: () =>
      others.length === 0
        ? []
        : [`Other arrays of the file were left out: ${others.slice(0, 8).join(', ')}.`],
  };
}

async function findFile(dataDir: string, file: string | null): Promise<string> {
  const names =
    file === null
      ? (await readdir(dataDir).catch(() => [])).filter((name) => name.endsWith('.npz')).sort()
      : [file];
  const found = names.length === 1 ? await dataFile(dataDir, names[0]!) : null;
  if (found) return found.path;
  const there =
    file === null && names.length > 1 ? `${names.length} (${names.slice(0, 3).join(', ')})` : 'none';
  throw new MissingDataError(
    `${dataDir} should hold one .npz file${file === null ? '' : `, ${file}`}, and holds ${there}. `
      + 'Name it with --set dataset.file=NAME.',
  );
}

function splitOf(
  path: string,
  array: string,
  held: Uint8Array,
  wanted: 0 | 1,
  imageBytes: number,
): ImageSplit {
  return {
    count: held.reduce((sum, one) => sum + Number(one === wanted), 0),
    async *images() {
      const { values, close } = await openNpyStream(path, array);
      try {
        let at = 0;
        for await (const images of wholeRecords(values, imageBytes)) {
          const kept: Uint8Array[] = [];
          for (let start = 0; start < images.length; start += imageBytes)
            if (held[at++] === wanted) kept.push(images.subarray(start, start + imageBytes));
          if (kept.length > 0) yield Buffer.concat(kept);
        }
      } finally {
        close();
      }
    },
    labels: async () => null,
  };
}
