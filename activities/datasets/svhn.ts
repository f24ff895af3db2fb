/** SVHN, cropped digits (Netzer et al. 2011), from its official MATLAB files: X [32, 32, 3, N] uint8,
 *  column-major, so that each image's 3,072 bytes lie together; y [N, 1] from 1 to 10, where 10 is the digit
 *  0. The `extra` set is used only where it is asked for: the paper does not. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import type { ImageSource, ImageSplit, PinnedFile } from './image-source.ts';
import { MatTruncatedError } from '../formats/mat/mat-error.ts';
import { readMat, type MatVariable } from '../formats/mat/mat-file.ts';
import { matNumbers } from '../formats/mat/mat-numbers.ts';
import { officialHashes } from './official-hashes.ts';
import { planesToColours } from './planes-to-colours.ts';
import { wholeRecords } from './whole-records.ts';

export const svhnShape = [32, 32, 3] as const;
const side = 32;
const imageBytes = side * side * 3;
const official = { train: 73_257, test: 26_032, extra: 531_131 };
const extraFile = 'extra_32x32.mat';
/** Held out of the training file where there is no test file: its last tenth. */
const heldOutShare = 0.1;

export interface SvhnOptions {
  readonly trainFile: string;
  readonly testFile: string;
  /** Accept fewer images than the official ones, no labels, and no test file. */
  readonly allowPartial: boolean;
  /** Train on the further, easier images of extra_32x32.mat too. */
  readonly extra?: boolean | undefined;
}

interface SvhnFile {
  readonly name: string;
  readonly path: string;
  readonly count: number;
  readonly labelled: boolean;
}

/** Looks at the files' headers; their images are read later. Throws MissingDataError or BadInputError. */
export async function openSvhn(
  dataDir: string,
  { trainFile, testFile, allowPartial, extra: withExtra = false }: SvhnOptions,
): Promise<ImageSource> {
  const [train, test] = [
    await look(dataDir, trainFile, official.train),
    await look(dataDir, testFile, official.test),
  ];
  if (!train || (!test && !allowPartial))
    throw await missing(dataDir, train ? testFile : trainFile, train ? 'testFile' : 'trainFile');
  const extra = withExtra ? await look(dataDir, extraFile, official.extra) : null;
  if (withExtra && !extra)
    throw new MissingDataError(
      `${join(dataDir, extraFile)} is missing, which dataset.extra asks for. Get it from SVHN's `
        + 'page, or leave dataset.extra out.',
    );
  const short = firstShort(train, test, extra);
  if (short && !allowPartial)
    throw new MissingDataError(
      `${short} This is not the whole SVHN: use the official files, or accept a part of it with `
        + '--set dataset.allowPartial=true.',
    );
  const files = [train, ...(extra ? [extra] : []), ...(test ? [test] : [])];
  const heldOut = Math.floor(train.count * heldOutShare);
  if (!test && heldOut === 0)
    throw new MissingDataError(
      `${train.path} should hold at least ${1 / heldOutShare} images where there is no test file, `
        + `and holds ${train.count}. Add ${testFile}.`,
    );
  const splits = test
    ? { train: withAll(part(train, 0, train.count), extra), test: part(test, 0, test.count) }
    : {
        train: withAll(part(train, 0, train.count - heldOut), extra),
        test: part(train, train.count - heldOut, train.count),
      };
  return {
    shape: svhnShape,
    ...splits,
    partial: short !== null,
    labelled: files.every(({ labelled }) => labelled),
    source:
      'SVHN, cropped '
      + `digits${extra ? ', with its extra set' : ''}${short ? `, a part of it (${splits.train.count} training and ${splits.test.count} test images)` : ''}`,
    inputs: files.map(({ name, path }) => ({ name, path })),
    pinned: [pinned(train, 'train'), ...(test ? [pinned(test, 'test')] : [])].flat(),
    card: {
      split:
        `${test ? `official: ${trainFile} and ${testFile}` : `no test file: the last ${heldOut} images of ${trainFile} are held out as the test set`}`
        + `${extra ? `; the ${extra.count} images of ${extraFile} follow those for training` : ''}`,
      preprocessing: [
        "Pixels as in the files, 8 bits a colour; MATLAB's column-major order is turned into rows.",
        'The label 10 is the digit 0.',
      ],
      licence: 'Non-commercial use only, as its authors ask.',
    },
    remarks: () => (extra ? [`${extraFile} is not held against a published hash.`] : []),
  };
}

/** Of a file with all the official one's images. */
const pinned = ({ name, path, count }: SvhnFile, half: 'train' | 'test'): PinnedFile[] =>
  count === official[half] ? [{ name, path, expected: officialHashes[`${half}_32x32.mat`] }] : [];

/** What is not official about the files, if anything. */
function firstShort(train: SvhnFile, test: SvhnFile | null, extra: SvhnFile | null): string | null {
  if (train.count < official.train)
    return `${train.path} should hold ${official.train} images and holds ${train.count}.`;
  if (!test) return 'There is no test file.';
  if (test.count < official.test)
    return `${test.path} should hold ${official.test} images and holds ${test.count}.`;
  if (extra && extra.count < official.extra)
    return `${extra.path} should hold ${official.extra} images and holds ${extra.count}.`;
  const bare = [train, test, ...(extra ? [extra] : [])].find(({ labelled }) => !labelled);
  return bare ? `${bare.path} should hold labels (y) and has none.` : null;
}

async function missing(dataDir: string, name: string, option: string): Promise<MissingDataError> {
  const others = (await readdir(dataDir).catch(() => [])).filter((file) => file.endsWith('.mat'));
  const rename =
    others.length === 0
      ? ''
      : `, or name another file with --set dataset.${option}=NAME --set dataset.allowPartial=true `
        + `(there: ${others.join(', ')})`;
  return new MissingDataError(
    `${join(dataDir, name)} is missing: SVHN has the files train_32x32.mat and test_32x32.mat. Get `
      + `them with --download${rename}.`,
  );
}

/** `most`: images the official file has. */
async function look(dataDir: string, name: string, most: number): Promise<SvhnFile | null> {
  const path = (await dataFile(dataDir, name))?.path;
  if (path === undefined) return null;
  let count: number | null = null;
  let labels: readonly number[] | null = null;
  const found: string[] = [];
  const names = new Set<string>();
  for await (const variable of readMat(path)) {
    if (names.has(variable.name))
      throw new BadInputError(
        `${path} should hold each variable once, and holds ${variable.name} twice. Download it again.`,
      );
    names.add(variable.name);
    found.push(`${variable.name} ${variable.className} [${variable.shape}]`);
    if (variable.name === 'X') count = await countOf(path, variable, most);
    if (variable.name === 'y') labels = variable.shape;
  }
  if (count === null)
    throw new BadInputError(
      `${path} should hold X uint8 [32,32,3,N], and holds `
        + `${found.slice(0, 8).join(', ') || 'nothing'}. Use SVHN's cropped digits (format 2).`,
    );
  if (labels !== null && labels.reduce((a, b) => a * b, 1) !== count)
    throw new BadInputError(
      `${path} should hold one label an image, and holds ${count} images and y [${labels}]. Download it again.`,
    );
  return { name, path, count, labelled: labels !== null };
}

/** The images of an array's header; of a file that is cut short, how many could be read is found out and
 *  said. */
async function countOf(path: string, variable: MatVariable, most: number): Promise<number> {
  const { className, shape, complex, isCut } = variable;
  const count = shape[3] ?? 1; // MATLAB drops a last dimension of 1
  if (
    className !== 'uint8'
    || complex
    || shape.slice(0, 3).join() !== '32,32,3'
    || shape.length > 4
    || count === 0
  ) {
    throw new BadInputError(
      `${path} should hold X uint8 [32,32,3,N], and its X is `
        + `${complex ? 'complex ' : ''}${className} [${shape}]. Use SVHN's cropped digits (format 2).`,
    );
  }
  if (count > most)
    throw new BadInputError(
      `${path} should hold at most ${most} images, and holds ${count}. Use the files train_32x32.mat `
        + 'and test_32x32.mat.',
    );
  if (!isCut) return count;
  let whole = 0;
  try {
    for await (const images of wholeRecords((await variable.open()).pieces, imageBytes))
      whole += images.length / imageBytes;
  } catch (error) {
    if (!(error instanceof MatTruncatedError)) throw error;
    throw new BadInputError(
      `${path} is cut short: its header promises ${count} images, and ${whole} whole ones could be `
        + 'read. Download it again.',
    );
  }
  return count;
}

/** The further images behind the others. */
function withAll(first: ImageSplit, extra: SvhnFile | null): ImageSplit {
  if (extra === null) return first;
  const second = part(extra, 0, extra.count);
  return {
    count: first.count + second.count,
    async *images() {
      yield* first.images();
      yield* second.images();
    },
    async labels() {
      const [one, other] = [await first.labels(), await second.labels()];
      if (one === null || other === null) return null;
      const labels = new Int32Array(one.length + other.length);
      labels.set(one);
      labels.set(other, one.length);
      return labels;
    },
  };
}

const part = (file: SvhnFile, from: number, to: number): ImageSplit => ({
  count: to - from,
  images: () => imagesOf(file, from, to),
  labels: async () => (file.labelled ? (await labelsOf(file)).slice(from, to) : null),
});

async function* imagesOf({ path }: SvhnFile, from: number, to: number): AsyncGenerator<Uint8Array> {
  for await (const variable of readMat(path)) {
    if (variable.name !== 'X') continue;
    const { storage, pieces } = await variable.open();
    if (storage !== 'uint8')
      throw new BadInputError(
        `${path} should store X as uint8, and stores it as ${storage}. Download it again.`,
      );
    let at = 0;
    for await (const records of wholeRecords(pieces, imageBytes)) {
      const [start, end] = [Math.max(from - at, 0), Math.min(to - at, records.length / imageBytes)];
      at += records.length / imageBytes;
      if (start < end) yield rowMajor(records.subarray(start * imageBytes, end * imageBytes));
    }
    await variable.check();
  }
}

function rowMajor(records: Uint8Array): Uint8Array {
  const images = new Uint8Array(records.length);
  for (let at = 0; at < records.length; at += imageBytes) {
    planesToColours(
      records.subarray(at, at + imageBytes),
      images.subarray(at, at + imageBytes),
      side,
      'columns',
    );
  }
  return images;
}

async function labelsOf({ path }: SvhnFile): Promise<Int32Array> {
  for await (const variable of readMat(path)) {
    if (variable.name !== 'y') continue;
    if (!variable.numeric || variable.complex)
      throw new BadInputError(
        `${path} should hold labels y as real numbers, and holds them as `
          + `${variable.complex ? 'complex ' : ''}${variable.className}. Download it again.`,
      );
    const labels = await matNumbers(path, await variable.open());
    await variable.check();
    const wrong = labels.find((label) => !Number.isInteger(label) || label < 1 || label > 10);
    if (wrong !== undefined)
      throw new BadInputError(
        `${path} should have labels from 1 to 10, and has ${wrong}. Download it again.`,
      );
    return Int32Array.from(labels, (label) => label % 10);
  }
  throw new BadInputError(`${path} changed while it was read: its labels (y) are gone.`);
}
