/** Small data sets in the official formats, whole and in order: what is poisoned. */
import { gzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { rawZip } from '../hostile/raw-zip.ts';
import { matFile, uint8Array, type MatArray } from '../../mat-files.ts';

export type Files = Readonly<Record<string, Uint8Array>>;

/** Pixels that differ from each other, so that what is moved or changed shows. */
export const pixels = (count: number, start = 0): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 8) * 13 + start) % 251);

export const cifarNames = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
export const cifarRecords = (count: number, start: number): Uint8Array =>
  Uint8Array.from(
    Buffer.concat(
      Array.from({ length: count }, (_, i) =>
        Buffer.concat([Buffer.of((start + i) % 10), pixels(3072, start + 5 * i)]),
      ),
    ),
  );
export const cifarFolder = (): Files =>
  Object.fromEntries(cifarNames.map((name, i) => [name, cifarRecords(2, i)]));

export async function tarGz(
  entries: readonly (readonly [name: string, content: Uint8Array])[],
): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of entries)
    tar.entry({ name: `cifar-10-batches-bin/${name}`, mtime: new Date(0) }, Buffer.from(content));
  tar.finalize();
  return gzipSync(await buffer(tar));
}
export const cifarArchive = async (): Promise<Files> => ({
  'cifar-10-binary.tar.gz': await tarGz(Object.entries(cifarFolder())),
});

export function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const sizes = shape.map((size) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    return bytes;
  });
  return Buffer.concat([Buffer.of(0, 0, 8, shape.length), ...sizes, values]);
}
const digits = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i % 10);
export const mnistRaw = (): Files => ({
  'train-images-idx3-ubyte': idx([12, 28, 28], pixels(12 * 784)),
  'train-labels-idx1-ubyte': idx([12], digits(12)),
  't10k-images-idx3-ubyte': idx([3, 28, 28], pixels(3 * 784, 9)),
  't10k-labels-idx1-ubyte': idx([3], digits(3)),
});
export const packed = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${name}.gz`, gzipSync(content)]));

export const svhnImages = (count: number, start = 0): MatArray =>
  uint8Array('X', [32, 32, 3, count], pixels(3072 * count, start));
export const svhnLabels = (count: number): MatArray =>
  uint8Array(
    'y',
    [count, 1],
    Uint8Array.from({ length: count }, (_, i) => (i % 10) + 1),
  );
export const svhn = (compressed: boolean): Files => ({
  'train_32x32.mat': matFile([svhnImages(6), svhnLabels(6)], { compressed }),
  'test_32x32.mat': matFile([svhnImages(2, 40), svhnLabels(2)], { compressed }),
});

const picture = (width: number, height: number, start: number) =>
  sharp(pixels(3 * width * height, start), { raw: { width, height, channels: 3 } });
export const portrait = (number: number, height = 218): Promise<Buffer> =>
  picture(178, height, number).jpeg({ quality: 90 }).toBuffer();
const portraitName = (number: number): string => `${String(number).padStart(6, '0')}.jpg`;
/** 1, 2 and 5 for training, 3 for validation, 4 for testing. */
const partition = Buffer.from([0, 0, 1, 2, 0].map((part, i) => `${portraitName(i + 1)} ${part}\n`).join(''));
const portraits = (): Promise<[string, Buffer][]> =>
  Promise.all(
    [1, 2, 3, 4, 5].map(async (number) => [
      `img_align_celeba/${portraitName(number)}`,
      await portrait(number),
    ]),
  );

export const celebaFolder = async (): Promise<Files> => ({
  'list_eval_partition.txt': partition,
  ...Object.fromEntries(await portraits()),
});
export const celebaZip = async (): Promise<Files> => ({
  'list_eval_partition.txt': partition,
  'img_align_celeba.zip': rawZip((await portraits()).map(([name, content]) => ({ name, content }))),
});

export async function pngFolder(): Promise<Files> {
  const images = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(
      async (i) =>
        [
          `image-${i}.png`,
          await picture(16, 16, 11 * i)
            .png()
            .toBuffer(),
        ] as const,
    ),
  );
  return Object.fromEntries(images);
}
