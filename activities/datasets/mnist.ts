/** MNIST (LeCun, Cortes, Burges): 60,000 + 10,000 grey images of 28 x 28 in IDX files, gzipped or not. They are padded to 32 x 32, two
 *  pixels on each side, for a flow of three levels halves the side three times and 28 is not divisible by 8. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { dataFile } from './data-file.ts';
import { BadInputError, MissingDataError } from './errors.ts';
import { openIdx } from './idx-file.ts';
import type { ImageSource, ImageSplit, PinnedFile } from './image-source.ts';
import { officialHashes } from './official-hashes.ts';
import { wholeRecords } from './whole-records.ts';

export const mnistShape = [32, 32, 1] as const;
const given = 28;
const margin = (mnistShape[0] - given) / 2;
const classes = 10;
const official = { train: 60_000, t10k: 10_000 };
type Half = keyof typeof official;

export interface MnistOptions {
  readonly padValue: number;
  /** Accept fewer images than the official ones. */
  readonly allowPartial: boolean;
}

/** The largest official one has 47 MB unpacked. */
const largestFile = 64 << 20;

interface MnistFiles {
  readonly images: string;
  readonly labels: string;
  readonly count: number;
  readonly pinned: readonly PinnedFile[];
}

/** Reads the files through once: whole, and as many labels as images. Throws MissingDataError or BadInputError. */
export async function openMnist(dataDir: string, { padValue, allowPartial }: MnistOptions): Promise<ImageSource> {
  const [train, test] = [await checkHalf(dataDir, 'train'), await checkHalf(dataDir, 't10k')];
  const partial = train.count < official.train || test.count < official.t10k;
  if (partial && !allowPartial) {
    throw new MissingDataError(`${dataDir} should hold ${official.train} + ${official.t10k} images, and holds ${train.count} + ${test.count}: this is not the whole MNIST. ` +
      'Use the official files, or accept a part of it with --set dataset.allowPartial=true.');
  }
  return {
    shape: mnistShape, train: split(train, padValue), test: split(test, padValue), partial, labelled: true,
    source: `MNIST, padded to 32 x 32${partial ? `, a part of it (${train.count} of ${official.train} training and ${test.count} of ${official.t10k} test images)` : ''}`,
    inputs: [train, test].flatMap(({ images, labels }) => [images, labels]).map((path) => ({ name: basename(path), path })),
    pinned: [...train.pinned, ...test.pinned],
    card: {
      split: 'official: train and t10k',
      preprocessing: [`28 x 28 grey images, 8 bits, padded to 32 x 32: two pixels of value ${padValue} on every side.`],
      licence: 'Usually given as CC BY-SA 3.0.',
    },
    remarks: () => [],
  };
}

async function checkHalf(dataDir: string, half: Half): Promise<MnistFiles> {
  const [images, labels] = [await find(dataDir, `${half}-images`, 'idx3-ubyte'), await find(dataDir, `${half}-labels`, 'idx1-ubyte')];
  const { shape: [count = 0], sha256: ofImages } = await readThrough(images, 3, ([n = 0, rows, columns]) => {
    if (rows === given && columns === given && n > 0 && n <= official[half]) return;
    throw new BadInputError(`${images} should hold 1 to ${official[half]} images of ${given} x ${given}, and holds [${n},${rows},${columns}]. Use the official file.`);
  });
  const { sha256: ofLabels } = await readThrough(labels, 1, ([n]) => {
    if (n !== count) throw new BadInputError(`${labels} should hold ${count} labels, one an image, and holds ${n}. Use the official files.`);
  });
  const pin = (path: string, expected: string, found: string): PinnedFile => ({ name: basename(path), path, expected, found });
  const pinned = [pin(images, officialHashes[`${half}-images-idx3-ubyte`], ofImages), pin(labels, officialHashes[`${half}-labels-idx1-ubyte`], ofLabels)];
  return { images, labels, count, pinned: count === official[half] ? pinned : [] };
}

/** As published, gzipped or unpacked, also with the dot that some unpackers make. */
async function find(dataDir: string, start: string, end: string): Promise<string> {
  for (const name of [`${start}-${end}.gz`, `${start}-${end}`, `${start}.${end}`]) {
    const found = await dataFile(dataDir, name);
    if (found && found.bytes > largestFile) throw new BadInputError(`${found.path} should have at most ${largestFile} bytes, and has ${found.bytes}. Use the official file.`);
    if (found) return found.path;
  }
  throw new MissingDataError(`${join(dataDir, `${start}-${end}.gz`)} is missing, and so is the file without .gz. Get MNIST with --download, or give its folder as --data-dir.`);
}

/** To its end, once `check` has let its shape pass: a few bytes can promise gigabytes. The hash is that of the unpacked file. */
async function readThrough(path: string, dimensions: number, check: (shape: readonly number[]) => void): Promise<{ shape: readonly number[]; sha256: string }> {
  const { shape, header, values } = await openIdx(path, dimensions, check);
  const hash = createHash('sha256').update(header);
  for await (const piece of values) hash.update(piece);
  return { shape, sha256: hash.digest('hex') };
}

const split = ({ images, labels, count }: MnistFiles, padValue: number): ImageSplit => ({
  count,
  images: () => paddedImages(images, padValue),
  labels: () => readLabels(labels, count),
});

async function* paddedImages(path: string, padValue: number): AsyncGenerator<Uint8Array> {
  const { values } = await openIdx(path, 3);
  for await (const images of wholeRecords(values, given * given)) yield pad(images, padValue);
}

function pad(images: Uint8Array, padValue: number): Uint8Array {
  const [side] = mnistShape;
  const count = images.length / given ** 2;
  const padded = new Uint8Array(count * side ** 2).fill(padValue);
  for (let row = 0; row < count * given; row++) {
    const image = Math.floor(row / given);
    padded.set(images.subarray(row * given, (row + 1) * given), (image * side + margin + row % given) * side + margin);
  }
  return padded;
}

async function readLabels(path: string, count: number): Promise<Int32Array> {
  const labels = new Int32Array(count);
  let at = 0;
  for await (const piece of (await openIdx(path, 1)).values) {
    labels.set(piece, at);
    at += piece.length;
  }
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0) throw new BadInputError(`${path}, label ${wrong}: a label is 0 to ${classes - 1}, got ${labels[wrong]}. Use the official file.`);
  return labels;
}
