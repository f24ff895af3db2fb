/** Images in parquet files as Hugging Face keeps them: a column of {bytes, path}, whose bytes are PNG files,
 *  and one of labels; a file or several for each half, named train-00000-of-00001.parquet and the like. A row
 *  group is in memory at a time, its pixels as in the PNGs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type FileMetaData } from 'hyparquet';
import { asyncBufferFromFile } from 'hyparquet/src/node.js';
import sharp from 'sharp';
import { remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { dataFile } from '../disk/file-inside.ts';
// libvips reads what this allows it to
import './decode-image.ts';
import { BadInputError, MissingDataError } from '../ports/data-errors.ts';
import type { ImageSource, ImageSplit } from './image-source.ts';
import { yieldInOrder } from './in-order.ts';
import { codecsWithin } from './parquet-codecs.ts';

const halves = ['train', 'test'] as const;
type Half = (typeof halves)[number];
const imageColumns = ['img', 'image'];
/** CIFAR-10's training images have 120 MB in all. */
const largestFile = 1 << 30;
const largestGroup = 256 << 20;

export interface ParquetSet {
  /** As records call it. */
  readonly title: string;
  /** Within the data folder, in the order they are looked in. */
  readonly folders: readonly string[];
  readonly counts: Readonly<Record<Half, number>>;
  readonly side: number;
  readonly colours: 1 | 3;
  readonly classes: number;
  readonly allowPartial: boolean;
  readonly licence: string;
  /** Of the source: what is made of the files' images, a sentence each of it, and the shape. */
  readonly finish: (images: Uint8Array) => Uint8Array;
  readonly finished: readonly string[];
  readonly shape: ImageSource['shape'];
}

interface ParquetFile {
  readonly name: string;
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly column: string;
}

/** null where there are no such files. Throws MissingDataError or BadInputError. */
export async function openParquet(dataDir: string, set: ParquetSet): Promise<ImageSource | null> {
  const folder = await findFolder(dataDir, set.folders);
  if (folder === null) return null;
  const [train, test] = [
    await filesOf(dataDir, folder, 'train', set),
    await filesOf(dataDir, folder, 'test', set),
  ];
  const [trainCount, testCount] = [countOf(train), countOf(test)];
  const { title, counts, allowPartial } = set;
  for (const [half, count] of [
    ['train', trainCount],
    ['test', testCount],
  ] as const) {
    if (count > counts[half])
      throw new BadInputError(
        `${join(dataDir, folder)} should hold at most ${counts[half]} images of ${half}, and holds `
          + `${count}. Use ${title}'s files alone.`,
      );
  }
  const partial = trainCount < counts.train || testCount < counts.test;
  if (partial && !allowPartial) {
    throw new MissingDataError(
      `${join(dataDir, folder)} should hold ${counts.train} + ${counts.test} images, and holds `
        + `${trainCount} + ${testCount}: this is not the whole ${title}. `
        + 'Use the whole files, or accept a part of it with --set dataset.allowPartial=true.',
    );
  }
  return {
    shape: set.shape,
    train: splitOf(train, set),
    test: splitOf(test, set),
    partial,
    labelled: true,
    source:
      `${title}, `
      + `parquet${partial ? `, a part of it (${trainCount} of ${counts.train} training and ${testCount} of ${counts.test} ` + 'test images)' : ''}`,
    inputs: [...train, ...test].map(({ name, path }) => ({ name, path })),
    pinned: [],
    card: {
      split: 'by the names of the parquet files: train and test',
      licence: set.licence,
      preprocessing: ['Pixels as in the PNG files inside, 8 bits a colour.', ...set.finished],
    },
    remarks: () => ['Parquet files are not held against published hashes.'],
  };
}

const patternOf = (half: Half): RegExp => new RegExp(`^${half}(-\\d{5}-of-\\d{5})?\\.parquet$`);

async function findFolder(dataDir: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const names = await readdir(join(dataDir, folder)).catch(() => []);
    if (halves.some((half) => names.some((name) => patternOf(half).test(name)))) return folder;
  }
  return null;
}

async function filesOf(dataDir: string, folder: string, half: Half, set: ParquetSet): Promise<ParquetFile[]> {
  const names = (await readdir(join(dataDir, folder))).filter((name) => patternOf(half).test(name)).sort();
  const parts = Number(/-of-(\d{5})/.exec(names[0] ?? '')?.[1] ?? names.length);
  if (names.length === 0 || names.length !== parts) {
    throw new MissingDataError(
      `${join(dataDir, folder)} should hold ${half}-*.parquet, all parts of it, and holds `
        + `${names.length === 0 ? 'none' : `${names.length} of ${parts}`}. Get them all.`,
    );
  }
  const files: ParquetFile[] = [];
  for (const name of names) {
    const found = await dataFile(dataDir, folder, name);
    if (!found || found.bytes > largestFile)
      throw new BadInputError(
        `${join(dataDir, folder, name)} should be a file of at most ${largestFile} bytes, and has `
          + `${found?.bytes ?? 'none'}. Use the whole file.`,
      );
    files.push({
      name: folder === '' ? name : `${folder}/${name}`,
      path: found.path,
      ...(await lookInto(found.path, set)),
    });
  }
  return files;
}

async function lookInto(
  path: string,
  { title }: ParquetSet,
): Promise<Pick<ParquetFile, 'metadata' | 'column'>> {
  const metadata = await within(path, async () => parquetMetadataAsync(await asyncBufferFromFile(path)));
  const columns =
    metadata.row_groups[0]?.columns.map(({ meta_data: column }) => column?.path_in_schema.join('.') ?? '')
    ?? [];
  const column = imageColumns.find((name) => columns.includes(`${name}.bytes`));
  if (column === undefined || !columns.includes('label')) {
    throw new BadInputError(
      `${path} should have columns img or image {bytes, path} and label, as ${title} has on Hugging `
        + `Face, and has ${columns.slice(0, 8).join(', ') || 'none'}. Use its files.`,
    );
  }
  const rows = [metadata, ...metadata.row_groups].map((one) => Number(one.num_rows));
  if (rows.some((count) => !(count >= 0)) || rows.slice(1).reduce((a, b) => a + b, 0) !== rows[0]) {
    throw new BadInputError(
      `${path} should have as many rows as its row groups, and says ${rows[0]} and `
        + `${rows.slice(1, 9).join(' + ')}. Copy it again.`,
    );
  }
  const large = metadata.row_groups.find((group) => Number(group.total_byte_size) > largestGroup);
  if (large)
    throw new BadInputError(
      `${path} should have row groups of at most ${largestGroup} bytes, and has one of `
        + `${large.total_byte_size}. Write it with smaller ones.`,
    );
  return { metadata, column };
}

const countOf = (files: readonly ParquetFile[]): number =>
  files.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);

function splitOf(files: readonly ParquetFile[], set: ParquetSet): ImageSplit {
  const count = countOf(files);
  const labels = new Int32Array(count);
  return { count, images: () => imagesOf(files, set, labels), labels: () => Promise.resolve(labels) };
}

/** Fills in the labels on the way. */
async function* imagesOf(
  files: readonly ParquetFile[],
  set: ParquetSet,
  labels: Int32Array,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for (const { path, metadata, column } of files) {
    const file = await asyncBufferFromFile(path);
    let from = 0;
    for (const group of metadata.row_groups) {
      const rows = await within(path, () =>
        rowsOf(file, metadata, column, from, from + Number(group.num_rows)),
      );
      if (rows.length !== Number(group.num_rows))
        throw new BadInputError(
          `${path} should have ${group.num_rows} rows from row ${from}, and has ${rows.length}. Copy it again.`,
        );
      for (const [i, row] of rows.entries())
        labels[done + i] = labelOf(row['label'], set.classes, `${path}, row ${from + i}`);
      for await (const image of yieldInOrder(rows.entries(), 16, ([i, row]) =>
        pixelsOf(row[column], set, `${path}, row ${from + i}`),
      ))
        yield set.finish(image);
      done += rows.length;
      from += rows.length;
    }
  }
}

const rowsOf = (
  file: AsyncBuffer,
  metadata: FileMetaData,
  column: string,
  rowStart: number,
  rowEnd: number,
): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({
    file,
    metadata,
    columns: [column, 'label'],
    rowStart,
    rowEnd,
    utf8: false,
    compressors: codecsWithin(largestGroup),
  });

function labelOf(value: unknown, classes: number, place: string): number {
  const label = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : NaN;
  if (!Number.isInteger(label) || label < 0 || label >= classes)
    throw new BadInputError(
      `${place}: a label is 0 to ${classes - 1}, got ${String(value)}. Use the official file.`,
    );
  return label;
}

/** Nothing is resized or converted: the image has the size, colours and depth of the set, or is refused. */
async function pixelsOf(value: unknown, { side, colours }: ParquetSet, place: string): Promise<Uint8Array> {
  const bytes = (value as { readonly bytes?: unknown } | null)?.bytes;
  if (!(bytes instanceof Uint8Array))
    throw new BadInputError(
      `${place} should hold the bytes of an image, and holds none. Write the files with the images in them.`,
    );
  try {
    const image = sharp(bytes, { failOn: 'error', limitInputPixels: 1 << 16 });
    const { format, width, height, channels, depth } = await image.metadata();
    if (format !== 'png' || width !== side || height !== side || channels !== colours || depth !== 'uchar') {
      throw new BadInputError(
        `${place} should be a PNG of ${side} x ${side} pixels, ${colours} `
          + `channel${colours > 1 ? 's' : ''} of 8 bits, and is ${format} of ${width} x ${height}, `
          + `${channels} of ${depth}. Use the official file.`,
      );
    }
    return await image
      .toColourspace(colours === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw error instanceof BadInputError
      ? error
      : new BadInputError(
          `${place} cannot be read as an image: ${(error as Error).message.split('\n')[0]}. Copy the `
            + 'file again.',
        );
  }
}

async function within<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // what the reader runs into where a file lies about itself
    const reason =
      error instanceof TypeError || error instanceof RangeError
        ? 'its parts do not fit together'
        : (error as Error).message.split('\n')[0]!;
    throw new BadInputError(
      `${path} is no parquet file that can be read (${reason}). `
        + `${remedyFor(await firstBytes(path), 'Download it again.', parquetMagic)}`,
    );
  }
}
const parquetMagic = Buffer.from('PAR1').toString('hex');
