/** CIFAR-10, in whichever of its versions it is there; here the binary version (Krizhevsky 2009; "CIFAR-10
 *  binary version" on the data set's page): five training files and a test file of 10,000 records each, in
 *  the official archive or unpacked; a record is a label byte, then 1,024 bytes of red, of green and of
 *  blue. */
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { archiveFiles, archiveInOrder } from './cifar10-archive.ts';
import { openBatches } from './cifar10-batches.ts';
import { matlabForm, pythonForm } from './cifar10-forms.ts';
import { dataFile } from '../disk/file-inside.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { officialHashes } from './official-hashes.ts';
import { openParquet } from './parquet-images.ts';
import { planesToColours } from './planes-to-colours.ts';
import { wholeRecords } from './whole-records.ts';

export const cifar10Shape = [32, 32, 3] as const;
const trainNames = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const testName = 'test_batch.bin';
const allNames = [...trainNames, testName];
const officialFolder = 'cifar-10-batches-bin';
const officialArchive = 'cifar-10-binary.tar.gz';
const [side] = cifar10Shape;
const imageBytes = 3 * side * side;
const recordBytes = 1 + imageBytes;
const recordsInFile = 10_000;
const classes = 10;
const again = 'Copy the official file again.';

export interface Cifar10Options {
  /** Accept files with fewer than 10,000 records. */
  readonly allowPartial: boolean;
}

interface Cifar10File {
  readonly name: string;
  readonly records: number;
}

/** Where the files lie: in a folder, or all in one archive. */
interface Cifar10Place {
  readonly folder: string | null;
  readonly archive: string | null;
  readonly files: readonly Cifar10File[];
}

/** The six files with their sizes checked; of a folder contents are not read, an archive is read through
 *  once. Throws MissingDataError or BadInputError. */
export async function openCifar10(
  dataDir: string,
  { allowPartial }: Cifar10Options,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const place = await findFiles(dataDir, signal);
  if (place === null) return await otherForm(dataDir, allowPartial, signal);
  const short = place.files.find(({ records }) => records < recordsInFile);
  if (short && !allowPartial) {
    throw new MissingDataError(
      `${pathOf(place, short)} should hold ${recordsInFile} records and holds ${short.records}: this `
        + 'is not the whole CIFAR-10. Use the official files, or accept a part of it with --set '
        + 'dataset.allowPartial=true.',
    );
  }
  const [train, test] = [splitOf(place, place.files.slice(0, -1)), splitOf(place, place.files.slice(-1))];
  const { archive, folder } = place;
  return {
    shape: cifar10Shape,
    train,
    test,
    partial: short !== undefined,
    labelled: true,
    source:
      'CIFAR-10, binary '
      + `version${short ? `, a part of it (${train.count} of 50000 training and ${test.count} of 10000 test images)` : ''}`,
    pinned:
      archive && !short
        ? [{ name: basename(archive), path: archive, expected: officialHashes[officialArchive] }]
        : [],
    inputs: archive
      ? [{ name: basename(archive), path: archive }]
      : allNames.map((name) => ({ name, path: join(folder!, name) })),
    card: {
      split: `official: data_batch_1 to 5 and test_batch${archive ? ', from the archive' : ''}`,
      preprocessing: [
        'Pixels as in the files, 8 bits a colour; planes of red, green and blue are interleaved.',
      ],
      licence: 'None stated by its author.',
    },
    remarks: () => [],
  };
}

/** Where the binary version is not there. */
async function otherForm(dataDir: string, allowPartial: boolean, signal?: AbortSignal): Promise<ImageSource> {
  for (const form of [pythonForm, matlabForm]) {
    const source = await openBatches(dataDir, form, allowPartial, signal);
    if (source) return source;
  }
  const parquet = await openParquet(dataDir, {
    title: 'CIFAR-10',
    folders: ['', 'plain_text', 'data'],
    counts: { train: 50_000, test: 10_000 },
    side,
    colours: 3,
    classes,
    allowPartial,
    shape: cifar10Shape,
    licence: 'None stated by its author.',
    finish: (images) => images,
    finished: [],
  });
  if (parquet) return parquet;
  throw new MissingDataError(
    `${dataDir} should be a folder with CIFAR-10's files: the binary version (data_batch_1.bin ... `
      + `test_batch.bin, in ${officialFolder}/ or in ${officialArchive}), the Python version `
      + `(${pythonForm.folder}/ or ${pythonForm.archive}) the MATLAB version (${matlabForm.folder}/, `
      + `unpacked) or Hugging Face's train-*.parquet and test-*.parquet, and has none of them. Get the `
      + 'binary version with --download, or give another folder as --data-dir.',
  );
}

/** The archive where there is no unpacked file; null where there is neither. */
async function findFiles(dataDir: string, signal?: AbortSignal): Promise<Cifar10Place | null> {
  for (const folder of ['', officialFolder]) {
    for (const name of allNames)
      if (await dataFile(dataDir, folder, name))
        return { folder: join(dataDir, folder), archive: null, files: await filesIn(dataDir, folder) };
  }
  const archive = (await dataFile(dataDir, officialArchive))?.path;
  return archive === undefined
    ? null
    : { folder: null, archive, files: await filesOfArchive(archive, signal) };
}

async function filesIn(dataDir: string, folder: string): Promise<Cifar10File[]> {
  const files: Cifar10File[] = [];
  for (const name of allNames) {
    const found = await dataFile(dataDir, folder, name);
    files.push(
      checked(
        join(dataDir, folder, name),
        name,
        found?.bytes ?? null,
        found && (await firstBytes(found.path)),
      ),
    );
  }
  return files;
}

async function filesOfArchive(archive: string, signal?: AbortSignal): Promise<Cifar10File[]> {
  const sizes = new Map<string, number>();
  for await (const { name, bytes, content } of archiveFiles(archive)) {
    signal?.throwIfAborted();
    if (sizes.has(name))
      throw new BadInputError(
        `${archive} should hold each file once, and holds ${name} twice. Use the official archive.`,
      );
    sizes.set(name, bytes);
    content.resume();
  }
  return allNames.map((name) => checked(`${archive}:${name}`, name, sizes.get(name) ?? null));
}

/** `start`: the file's first bytes, where it lies by itself. */
function checked(
  path: string,
  name: string,
  size: number | null,
  start: Uint8Array | null = null,
): Cifar10File {
  if (size === null)
    throw new MissingDataError(
      `${path} is missing: CIFAR-10 has the files ${trainNames.join(', ')} and ${testName}. Get them `
        + 'with --download.',
    );
  if (size % recordBytes !== 0 || size === 0) {
    throw new BadInputError(
      `${path} should be a multiple of ${recordBytes} bytes long (one record), and has ${size} `
        + `bytes. ${start === null ? again : remedyFor(start, again)}`,
    );
  }
  if (size > recordsInFile * recordBytes) {
    throw new BadInputError(
      `${path} should hold at most ${recordsInFile} records, and holds ${size / recordBytes}. ${again}`,
    );
  }
  return { name, records: size / recordBytes };
}

const pathOf = ({ folder, archive }: Cifar10Place, { name }: Cifar10File): string =>
  folder === null ? `${archive}:${name}` : join(folder, name);

function splitOf(place: Cifar10Place, files: readonly Cifar10File[]): ImageSplit {
  const count = files.reduce((sum, { records }) => sum + records, 0);
  const labels = new Int32Array(count);
  return { count, images: () => imagesOf(place, files, labels), labels: () => Promise.resolve(labels) };
}

/** Images in file order, colours interleaved; fills in the labels on the way. Throws BadInputError on a label
 *  over 9. */
async function* imagesOf(
  place: Cifar10Place,
  files: readonly Cifar10File[],
  labels: Int32Array,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const { file, content } of place.archive === null
    ? inFolder(place.folder!, files)
    : inArchive(place.archive, files)) {
    const start = done;
    for await (const records of wholeRecords(content, recordBytes)) {
      const count = records.length / recordBytes;
      const images = new Uint8Array(count * imageBytes);
      for (let i = 0; i < count; i++, done++) {
        const record = records.subarray(i * recordBytes, (i + 1) * recordBytes);
        labels[done] = labelOf(record, `${pathOf(place, file)}, record ${done - start}`);
        planesToColours(
          record.subarray(1),
          images.subarray(i * imageBytes, (i + 1) * imageBytes),
          side,
          'rows',
        );
      }
      yield images;
    }
    if (done - start !== file.records)
      throw new BadInputError(
        `${pathOf(place, file)} changed while it was read: ${done - start} records, ${file.records} before.`,
      );
  }
}

interface Content {
  readonly file: Cifar10File;
  readonly content: AsyncIterable<Uint8Array>;
}

async function* inFolder(folder: string, files: readonly Cifar10File[]): AsyncGenerator<Content> {
  for (const file of files)
    yield { file, content: createReadStream(join(folder, file.name), { highWaterMark: 1 << 18 }) };
}

async function* inArchive(archive: string, files: readonly Cifar10File[]): AsyncGenerator<Content> {
  for await (const { name, content } of archiveInOrder(
    archive,
    files.map((file) => file.name),
  )) {
    yield { file: files.find((file) => file.name === name)!, content: once(content) };
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function labelOf(record: Uint8Array, place: string): number {
  if (record[0]! >= classes) {
    throw new BadInputError(
      `${place}: a label is 0 to ${classes - 1}, got ${record[0]}. Is this the binary version of `
        + 'CIFAR-10 (not CIFAR-100)?',
    );
  }
  return record[0]!;
}
