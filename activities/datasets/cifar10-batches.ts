/** CIFAR-10 in a form whose files are read whole, one after the other: five batches for training and one for
 *  testing, at most 10,000 images each, whose 3,072 bytes are 1,024 of red, of green and of blue. Memory
 *  holds a file and its images. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { archiveInOrder } from './cifar10-archive.ts';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { planesToColours } from './planes-to-colours.ts';

const side = 32;
const imageBytes = 3 * side * side;
const imagesInFile = 10_000;
const classes = 10;
/** An official one has 31 MB. */
const largestFile = 64 << 20;
const imagesAtOnce = 256;

/** Images as planes [N, 3, 32, 32], and a label each. */
export interface Batch {
  readonly planes: Uint8Array;
  readonly labels: ArrayLike<number>;
}

export interface BatchForm {
  /** As the page of the data set calls it. */
  readonly version: string;
  /** Five for training, then the one for testing. */
  readonly names: readonly string[];
  readonly folder: string;
  /** The official archive, where it is read as it is. */
  readonly archive: string | null;
  /** Of each official file, where they are published: by the files' names. */
  readonly md5: Readonly<Record<string, string>>;
  /** `content` is the file at `path`, or the archive's. Throws BadInputError. */
  parse(path: string, content: Uint8Array): Batch | Promise<Batch>;
}

interface Place {
  readonly form: BatchForm;
  /** In their order. */
  files(names: readonly string[]): AsyncIterable<{ readonly path: string; readonly content: Uint8Array }>;
  readonly inputs: ImageSource['inputs'];
  readonly isArchive: boolean;
}

interface SeenFile {
  readonly path: string;
  readonly count: number;
  readonly md5: string;
}

/** null where the folder has none of the form's files. Reads them through once. Throws MissingDataError or
 *  BadInputError. */
export async function openBatches(
  dataDir: string,
  form: BatchForm,
  allowPartial: boolean,
  signal?: AbortSignal,
): Promise<ImageSource | null> {
  const place = await findPlace(dataDir, form);
  if (place === null) return null;
  const seen = await lookThrough(place, signal);
  const short = seen.find(({ count }) => count < imagesInFile);
  if (short && !allowPartial) {
    throw new MissingDataError(
      `${short.path} should hold ${imagesInFile} images and holds ${short.count}: this is not the `
        + 'whole CIFAR-10. Use the official files, or accept a part of it with --set '
        + 'dataset.allowPartial=true.',
    );
  }
  const [train, test] = [splitOf(place, 0, 5, seen), splitOf(place, 5, 6, seen)];
  return {
    shape: [side, side, 3],
    train,
    test,
    partial: short !== undefined,
    labelled: true,
    source:
      'CIFAR-10, '
      + `${form.version}${short ? `, a part of it (${train.count} of 50000 training and ${test.count} of 10000 test images)` : ''}`,
    inputs: place.inputs,
    pinned: short
      ? []
      : seen.flatMap(({ path, md5 }, i) => {
          const [name, expected] = [form.names[i]!, form.md5[form.names[i]!]];
          return expected === undefined ? [] : [{ name, path, expected, digest: 'MD5' as const, found: md5 }];
        }),
    card: {
      split: `official: data_batch_1 to 5 and test_batch${place.isArchive ? ', from the archive' : ''}`,
      preprocessing: [
        'Pixels as in the files, 8 bits a colour; planes of red, green and blue are interleaved.',
      ],
      licence: 'None stated by its author.',
    },
    remarks: () => [],
  };
}

async function findPlace(dataDir: string, form: BatchForm): Promise<Place | null> {
  const { names, folder: own, archive: archiveName } = form;
  for (const folder of ['', own]) {
    const found = await Promise.all(names.map((name) => dataFile(dataDir, folder, name)));
    if (found.every((file) => file === null)) continue;
    const absent = names.find((_, i) => found[i] === null);
    if (absent !== undefined)
      throw new MissingDataError(
        `${join(dataDir, folder, absent)} is missing: CIFAR-10's ${form.version} has the files `
          + `${names.join(', ')}. Copy them all.`,
      );
    const large = found.find((file) => file!.bytes > largestFile);
    if (large)
      throw new BadInputError(
        `${large.path} should have at most ${largestFile} bytes, and has ${large.bytes}. Use the `
          + 'official file.',
      );
    const inputs = names.map((name) => ({ name, path: join(dataDir, folder, name) }));
    return {
      form,
      inputs,
      isArchive: false,
      files: (wanted) => inFolder(inputs.filter(({ name }) => wanted.includes(name)).map(({ path }) => path)),
    };
  }
  const archive = archiveName === null ? undefined : (await dataFile(dataDir, archiveName))?.path;
  if (archive === undefined) return null;
  return {
    form,
    inputs: [{ name: basename(archive), path: archive }],
    isArchive: true,
    files: (wanted) => inArchive(archive, wanted),
  };
}

async function* inFolder(paths: readonly string[]): AsyncGenerator<{ path: string; content: Uint8Array }> {
  for (const path of paths) yield { path, content: await readFile(path) };
}

async function* inArchive(
  archive: string,
  names: readonly string[],
): AsyncGenerator<{ path: string; content: Uint8Array }> {
  for await (const { name, content } of archiveInOrder(archive, names))
    yield { path: `${archive}:${name}`, content };
}

async function lookThrough({ form, files }: Place, signal?: AbortSignal): Promise<SeenFile[]> {
  const seen: SeenFile[] = [];
  for await (const { path, content } of files(form.names)) {
    signal?.throwIfAborted();
    const { labels } = await checked(form, path, content);
    seen.push({ path, count: labels.length, md5: createHash('md5').update(content).digest('hex') });
  }
  const absent = form.names[seen.length];
  if (absent !== undefined)
    throw new MissingDataError(
      `${absent} is missing in the archive: CIFAR-10's ${form.version} has the files `
        + `${form.names.join(', ')}. Use the official archive.`,
    );
  return seen;
}

async function checked(form: BatchForm, path: string, content: Uint8Array): Promise<Batch> {
  const batch = await form.parse(path, content);
  const { planes, labels } = batch;
  const count = planes.length / imageBytes;
  if (!(count >= 1 && count <= imagesInFile))
    throw new BadInputError(
      `${path} should hold 1 to ${imagesInFile} images, and holds ${count}. Copy the official file again.`,
    );
  if (labels.length !== count)
    throw new BadInputError(
      `${path} should hold ${count} labels, one an image, and holds ${labels.length}. Copy the `
        + 'official file again.',
    );
  for (let i = 0; i < count; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new BadInputError(
        `${path}, image ${i}: a label is 0 to ${classes - 1}, got ${label}. Is this CIFAR-10 (not CIFAR-100)?`,
      );
    }
  }
  return batch;
}

function splitOf(place: Place, from: number, to: number, seen: readonly SeenFile[]): ImageSplit {
  const files = seen.slice(from, to);
  const count = files.reduce((sum, file) => sum + file.count, 0);
  const labels = new Int32Array(count);
  return {
    count,
    images: () => imagesOf(place, place.form.names.slice(from, to), files, labels),
    labels: () => Promise.resolve(labels),
  };
}

/** Fills in the labels on the way. */
async function* imagesOf(
  place: Place,
  names: readonly string[],
  seen: readonly SeenFile[],
  into: Int32Array,
): AsyncGenerator<Uint8Array> {
  let [done, file] = [0, 0];
  for await (const { path, content } of place.files(names)) {
    const { planes, labels } = await checked(place.form, path, content);
    const count = labels.length;
    if (count !== seen[file++]!.count)
      throw new BadInputError(
        `${path} changed while it was read: it holds ${count} images, and held `
          + `${seen[file - 1]!.count} before.`,
      );
    into.set(labels, done);
    done += count;
    for (let at = 0; at < count; at += imagesAtOnce) {
      const images = new Uint8Array(Math.min(imagesAtOnce, count - at) * imageBytes);
      for (let i = 0; i < images.length; i += imageBytes) {
        const start = at * imageBytes + i;
        planesToColours(
          planes.subarray(start, start + imageBytes),
          images.subarray(i, i + imageBytes),
          side,
          'rows',
        );
      }
      yield images;
    }
  }
}
