/** CelebA (Liu et al. 2015), the aligned images of 178 x 218: a folder or the official zip, with the official split. A central square is
 *  cut out and resized. The paper gives no crop; 140 is that of Song and Ermon 2019 for 32 x 32, torchvision's CenterCrop(140) and Resize.
 *  Of the official split the training and the test images are used, the validation images are left out. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { availableParallelism } from 'node:os';
import { dataFile, requireInside } from './data-file.ts';
import { decodeImage, type DecodeOptions } from './decode-image.ts';
import { BadInputError, MissingDataError } from './errors.ts';
import { openImageZip } from './image-zip.ts';
import { imageBytes } from './image-bytes.ts';
import type { ImageSource, ImageSplit, InputFile } from './image-source.ts';
import { inOrder } from './in-order.ts';
import { listNames } from './list-names.ts';
import { officialHashes } from './official-hashes.ts';

const alignedSize = { width: 178, height: 218 } as const;
const official = { images: 202_599, train: 162_770, test: 19_962 };
const folderName = 'img_align_celeba';
const partitionName = 'list_eval_partition.txt';
/** The official one has 2.8 MB. */
const largestPartition = 16 << 20;

export interface CelebaOptions {
  readonly size: 32 | 64;
  readonly crop: number;
  readonly kernel: DecodeOptions['kernel'];
  readonly allowPartial: boolean;
}

/** Where the images lie: their names, and the content of each. */
interface Images {
  readonly names: ReadonlySet<string>;
  readonly inputs: (names: readonly string[]) => readonly InputFile[];
  readonly read: (name: string) => Promise<Uint8Array>;
  readonly close?: () => void;
}

/** Checks that every image of the official split is there; none is decoded yet. Throws MissingDataError or BadInputError. */
export async function openCeleba(dataDir: string, { size, crop, kernel, allowPartial }: CelebaOptions, signal?: AbortSignal): Promise<ImageSource> {
  const partition = await findPartition(dataDir);
  const parts = await readPartition(partition);
  const images = await findImages(dataDir, signal);
  const present = { train: parts.train.filter((name) => images.names.has(name)), test: parts.test.filter((name) => images.names.has(name)) };
  const partial = present.train.length < official.train || present.test.length < official.test;
  if (partial && !allowPartial) {
    throw new MissingDataError(`${dataDir} should hold CelebA's ${official.train} training and ${official.test} test images, and holds ${present.train.length} and ${present.test.length} of them. ` +
      'Use the official files, or accept a part of it with --set dataset.allowPartial=true.');
  }
  if (present.train.length === 0 || present.test.length === 0) throw new MissingDataError(`${dataDir} should hold images that ${partitionName} has for training and for testing, and holds ${present.train.length} and ${present.test.length}. Add some of each.`);
  const decode: DecodeOptions = { shape: [size, size, 3], kernel, maxPixels: 2 * alignedSize.width * alignedSize.height, crop: { ...alignedSize, side: crop } };
  return {
    shape: decode.shape, train: split(images, present.train, decode), test: split(images, present.test, decode), partial, labelled: false,
    source: `CelebA, aligned, ${size} x ${size}${partial ? `, a part of it (${present.train.length} of ${official.train} training and ${present.test.length} of ${official.test} test images)` : ''}`,
    pinned: partial ? [] : [{ name: partitionName, path: partition, sha256: officialHashes[partitionName] }],
    inputs: [{ name: partitionName, path: partition }, ...images.inputs([...present.train, ...present.test])],
    card: {
      split: `official (${partitionName}): training and test; the validation images are left out`,
      preprocessing: [
        `The central ${crop} x ${crop} pixels of the aligned 178 x 218 images, from column ${Math.floor((alignedSize.width - crop) / 2)} and row ${Math.floor((alignedSize.height - crop) / 2)}.`,
        `Resized to ${size} x ${size} with sharp (libvips), kernel ${kernel}, widened by the factor of reduction; decoded without JPEG's own scaling.`,
      ],
      licence: 'Non-commercial research use only, as its authors ask.',
    },
    remarks: () => [],
    close: () => images.close?.(),
  };
}

async function findPartition(dataDir: string): Promise<string> {
  for (const place of [[partitionName], ['Eval', partitionName]]) {
    const found = await dataFile(dataDir, ...place);
    if (found && found.bytes > largestPartition) throw new BadInputError(`${found.path} should have at most ${largestPartition} bytes, and has ${found.bytes}. Use the official file.`);
    if (found) return found.path;
  }
  throw new MissingDataError(`${join(dataDir, partitionName)} is missing: it says which images are for training and which for testing. Get it from CelebA's page (folder Eval).`);
}

async function readPartition(path: string): Promise<{ train: string[]; test: string[] }> {
  const [train, test]: [string[], string[]] = [[], []];
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    const [, name, part] = /^(\d{6}\.jpg)\s+([012])$/.exec(line) ?? [];
    if (name === undefined) throw new BadInputError(`${path}, line ${i + 1}: a line is the name of an image and 0, 1 or 2, got ${JSON.stringify(line.slice(0, 40))}. Use the official file.`);
    if (part !== '1') (part === '0' ? train : test).push(name);
  }
  return { train, test };
}

async function findImages(dataDir: string, signal?: AbortSignal): Promise<Images> {
  for (const folder of [join(dataDir, folderName), ...basename(dataDir) === folderName ? [dataDir] : []]) {
    if (!existsSync(folder)) continue;
    await requireInside(dataDir, folder);
    const names = await listNames(folder, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      if (error instanceof BadInputError) throw error;
      return null;
    });
    if (names) return { names: new Set(names), read: (name) => imageBytes(join(folder, name)), inputs: (chosen) => chosen.map((name) => ({ name: `${folderName}/${name}`, path: join(folder, name) })) };
  }
  const zip = (await dataFile(dataDir, `${folderName}.zip`))?.path;
  if (zip === undefined) throw new MissingDataError(`${dataDir} should hold ${folderName}/ or ${folderName}.zip, and has neither. Get the aligned images from CelebA's page.`);
  const opened = await openImageZip(zip, (name) => name.startsWith(`${folderName}/`) ? basename(name) : null, signal);
  return { ...opened, inputs: () => [{ name: basename(zip), path: zip }] };
}

const split = (images: Images, names: readonly string[], decode: DecodeOptions): ImageSplit => ({
  count: names.length,
  images: () => inOrder(names, 2 * availableParallelism(), async (name) => decodeImage(name, await images.read(name), decode)),
  labels: async () => null,
});
