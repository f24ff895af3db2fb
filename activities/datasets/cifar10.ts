/** CIFAR-10, binary version (Krizhevsky 2009; "CIFAR-10 binary version" on the data set's page): five training files and a test
 *  file of 10,000 records each; a record is a label byte, then 1,024 bytes of red, of green and of blue, row-major. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInputError, MissingDataError } from './errors.ts';

export const cifar10Shape = [32, 32, 3] as const;
const trainNames = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const testName = 'test_batch.bin';
const officialFolder = 'cifar-10-batches-bin';
const planeBytes = 32 * 32;
const imageBytes = 3 * planeBytes;
const recordBytes = 1 + imageBytes;
const recordsInFile = 10_000;
const classes = 10;

export interface Cifar10Options {
  /** Accept files with fewer than 10,000 records. */
  readonly allowPartial: boolean;
}

export interface Cifar10File {
  readonly path: string;
  readonly records: number;
}

export interface Cifar10Files {
  readonly train: readonly Cifar10File[];
  readonly test: Cifar10File;
  /** Some file holds fewer records than the official one. */
  readonly partial: boolean;
}

/** The files of a folder (or of its cifar-10-batches-bin), their sizes checked; contents are not read.
 *  Throws MissingDataError or BadInputError. */
export async function checkCifar10(dataDir: string, { allowPartial }: Cifar10Options): Promise<Cifar10Files> {
  const folder = await findFolder(dataDir);
  const all: Cifar10File[] = [];
  for (const name of [...trainNames, testName]) all.push(await checkFile(join(folder, name)));
  const short = all.find(({ records }) => records < recordsInFile);
  if (short && !allowPartial) {
    throw new MissingDataError(
      `${short.path} should hold ${recordsInFile} records and holds ${short.records}: this is not the whole CIFAR-10. ` +
      'Use the official files, or accept a part of it with --set dataset.allowPartial=true.',
    );
  }
  return { train: all.slice(0, -1), test: all.at(-1)!, partial: short !== undefined };
}

async function findFolder(dataDir: string): Promise<string> {
  for (const folder of [dataDir, join(dataDir, officialFolder)]) {
    for (const name of [...trainNames, testName]) if (await sizeOf(join(folder, name)) !== null) return folder;
  }
  throw new MissingDataError(
    `${dataDir} should be a folder with the CIFAR-10 binary files (data_batch_1.bin ... test_batch.bin) or with ${officialFolder}/, ` +
    'and has neither. Unpack the binary version of CIFAR-10 and give its folder as --data-dir.',
  );
}

const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then((found) => (found.isFile() ? found.size : null), () => null);

async function checkFile(path: string): Promise<Cifar10File> {
  const size = await sizeOf(path);
  if (size === null) throw new MissingDataError(`${path} is missing: CIFAR-10 has the files ${trainNames.join(', ')} and ${testName}.`);
  if (size % recordBytes !== 0 || size === 0) {
    throw new BadInputError(
      `${path} should be a multiple of ${recordBytes} bytes long (one record), and has ${size} bytes. Copy the official file again.`,
    );
  }
  if (size > recordsInFile * recordBytes) {
    throw new BadInputError(`${path} should hold at most ${recordsInFile} records, and holds ${size / recordBytes}. Copy the official file again.`);
  }
  return { path, records: size / recordBytes };
}

/** Images of the files in their order, [records, 32, 32, 3] bytes. Throws BadInputError on a label over 9. */
export async function readCifar10(files: readonly Cifar10File[]): Promise<Uint8Array> {
  const images = new Uint8Array(files.reduce((sum, { records }) => sum + records, 0) * imageBytes);
  let at = 0;
  for (const { path, records } of files) {
    const bytes = await readFile(path);
    if (bytes.length !== records * recordBytes) throw new BadInputError(`${path} changed while it was read: ${bytes.length} bytes, ${records * recordBytes} before.`);
    for (let record = 0; record < records; record++, at += imageBytes) {
      readRecord(bytes.subarray(record * recordBytes, (record + 1) * recordBytes), images.subarray(at, at + imageBytes), `${path}, record ${record}`);
    }
  }
  return images;
}

/** Planes to interleaved colours: image[pixel * 3 + colour] = record[1 + colour * 1024 + pixel]. */
function readRecord(record: Uint8Array, image: Uint8Array, place: string): void {
  if (record[0]! >= classes) {
    throw new BadInputError(`${place}: a label is 0 to ${classes - 1}, got ${record[0]}. Is this the binary version of CIFAR-10 (not CIFAR-100)?`);
  }
  for (let pixel = 0; pixel < planeBytes; pixel++) {
    for (let colour = 0; colour < 3; colour++) image[pixel * 3 + colour] = record[1 + colour * planeBytes + pixel]!;
  }
}
