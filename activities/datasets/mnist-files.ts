/** Where the IDX files of MNIST and of the sets in its form lie, and what is in them: read through once,
 *  whole, as many labels as images. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import { openIdx } from './idx-file.ts';
import type { PinnedFile } from './image-source.ts';
import { mnistForms, mnistVariants, type Half, type MnistVariant } from './mnist-variants.ts';
import { officialHashes } from './official-hashes.ts';

export const mnistSide = 28;
/** Packed, digits take less than their pixels; what is packed anew without compressing takes little more. */
const largestOverhead = 1 << 20;

export interface MnistFiles {
  readonly images: string;
  readonly labels: string;
  readonly count: number;
  readonly pinned: readonly PinnedFile[];
}

/** Throws MissingDataError or BadInputError. */
export async function checkHalf(dataDir: string, variant: MnistVariant, half: Half): Promise<MnistFiles> {
  const { counts, starts } = mnistForms[variant];
  const [images, labels] = [
    await find(dataDir, variant, half, 'images-idx3-ubyte'),
    await find(dataDir, variant, half, 'labels-idx1-ubyte'),
  ];
  const most = counts[half];
  const {
    shape: [count = 0],
    sha256: ofImages,
  } = await readThrough(images, 3, ([n = 0, rows, columns]) => {
    if (rows === mnistSide && columns === mnistSide && n > 0 && n <= most) return;
    throw new BadInputError(
      `${images} should hold 1 to ${most} images of ${mnistSide} x ${mnistSide}, and holds `
        + `[${n},${rows},${columns}]. Use the official file.`,
    );
  });
  const { sha256: ofLabels } = await readThrough(labels, 1, ([n]) => {
    if (n !== count)
      throw new BadInputError(
        `${labels} should hold ${count} labels, one an image, and holds ${n}. Use the official files.`,
      );
  });
  if (variant !== 'mnist') {
    const isMnist =
      half === 'train'
        ? ofImages === officialHashes['train-images-idx3-ubyte']
        : ofImages === officialHashes['t10k-images-idx3-ubyte'];
    if (isMnist && variant !== 'emnist-mnist')
      throw new BadInputError(
        `${images} should be of ${mnistForms[variant].title}, and is MNIST's own. Leave dataset.variant out.`,
      );
    return { images, labels, count, pinned: [] };
  }
  const name = starts[half] as 'train' | 't10k';
  const pin = (path: string, expected: string, found: string): PinnedFile => ({
    name: basename(path),
    path,
    expected,
    found,
  });
  const pinned = [
    pin(images, officialHashes[`${name}-images-idx3-ubyte`], ofImages),
    pin(labels, officialHashes[`${name}-labels-idx1-ubyte`], ofLabels),
  ];
  return { images, labels, count, pinned: count === most ? pinned : [] };
}

/** As published, gzipped or unpacked, also with the dot that some unpackers make; in the folder itself or as
 *  torchvision lays it. */
async function find(dataDir: string, variant: MnistVariant, half: Half, end: string): Promise<string> {
  const { starts, counts, folders } = mnistForms[variant];
  const start = `${starts[half]}-`;
  const largest = mnistSide ** 2 * counts[half] + largestOverhead;
  for (const folder of folders) {
    for (const name of [`${start}${end}.gz`, `${start}${end}`, `${start}${end.replace('-idx', '.idx')}`]) {
      const found = await dataFile(dataDir, folder, name);
      if (found && found.bytes > largest)
        throw new BadInputError(
          `${found.path} should have at most ${largest} bytes, and has ${found.bytes}. Use the official file.`,
        );
      if (found) return found.path;
    }
  }
  const other = await otherVariant(dataDir, variant);
  const remedy = other
    ? `There is ${mnistForms[other].title}: take it with --set dataset.variant=${other}.`
    : variant === 'mnist'
      ? 'Get MNIST with --download, or give its folder as --data-dir.'
      : "Give its folder, or torchvision's root, as --data-dir.";
  throw new MissingDataError(
    `${join(dataDir, `${start}${end}.gz`)} is missing, and so is the file without .gz. ${remedy}`,
  );
}

/** Whether the first of its files is there, in any place and form. */
export async function hasIdx(dataDir: string, variant: MnistVariant): Promise<boolean> {
  return find(dataDir, variant, 'train', 'images-idx3-ubyte').then(
    () => true,
    (error: unknown) => {
      if (error instanceof MissingDataError) return false;
      throw error;
    },
  );
}

/** A set that is there in place of the one that was asked for. */
async function otherVariant(dataDir: string, asked: MnistVariant): Promise<MnistVariant | null> {
  for (const variant of mnistVariants.filter((one) => one !== asked)) {
    const { folders, starts, transposed } = mnistForms[variant];
    // names in the folder itself do not tell MNIST from Fashion-MNIST
    for (const folder of transposed ? folders : [folders[1]!]) {
      for (const ending of ['', '.gz'])
        if (await dataFile(dataDir, folder, `${starts.train}-images-idx3-ubyte${ending}`)) return variant;
    }
  }
  return null;
}

/** To its end, once `check` has let its shape pass: a few bytes can promise gigabytes. The hash is that of
 *  the unpacked file. */
async function readThrough(
  path: string,
  dimensions: number,
  check: (shape: readonly number[]) => void,
): Promise<{ shape: readonly number[]; sha256: string }> {
  const { shape, header, values } = await openIdx(path, dimensions, check);
  const hash = createHash('sha256').update(header);
  for await (const piece of values) hash.update(piece);
  return { shape, sha256: hash.digest('hex') };
}
