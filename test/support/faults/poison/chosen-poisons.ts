/** What no checksum tells, for it was written so: labels and pixels that cannot be, files that do not go
 *  together. */
import { gunzipSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { matFile, type MatArray } from '../../mat-files.ts';
import {
  cifarFolder,
  cifarNames,
  idx,
  mnistRaw as mnistFiles,
  pixels,
  portrait,
  svhnImages,
  svhnLabels,
  tarGz,
} from './clean-sets.ts';
import { floatTiff } from './float-tiff.ts';
import { pick, withBytes, type Poison } from './poison.ts';
import { celeba, cifar, cifarPacked, folder, mnist, mnistRaw, svhn } from './poisoned-sets.ts';

const halves = ['train', 'test'] as const;
const numbers = (name: string, shape: readonly number[], values: readonly number[]): MatArray => ({
  name,
  shape,
  classCode: 6,
  storage: 9,
  values: new Uint8Array(Float64Array.from(values).buffer),
});
const wrongLabel = (random: () => number, least: number): number =>
  least + Math.floor(random() * (256 - least));
const badNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 0, 11, 2.5, 1e300];

/** `y` of one half with one value that is no label. */
const badSvhnLabel = (value: number): Poison => ({
  name: `SVHN: a label is ${value}`,
  set: svhn,
  change(_, random) {
    const [half, count] = pick(
      [
        ['train', 6],
        ['test', 2],
      ] as const,
      random,
    );
    const at = Math.floor(random() * count);
    return {
      [`${half}_32x32.mat`]: matFile(
        [
          svhnImages(count),
          numbers(
            'y',
            [count, 1],
            Array.from({ length: count }, (_, i) => (i === at ? value : 1)),
          ),
        ],
        { compressed: random() < 0.5 },
      ),
    };
  },
});
/** Pixels of MATLAB's double, which may be anything. */
const badSvhnPixels = (name: string, value: number, classCode: number): Poison => ({
  name: `SVHN: pixels are ${name}`,
  set: svhn,
  change: (_, random) => ({
    [`${pick(halves, random)}_32x32.mat`]: matFile(
      [
        {
          ...numbers(
            'X',
            [32, 32, 3, 2],
            Array.from({ length: 6144 }, (_, i) => (i === 77 ? value : i % 256)),
          ),
          classCode,
        },
        svhnLabels(2),
      ],
      { compressed: true },
    ),
  }),
});
const badTiff = (name: string, value: number): Poison => ({
  name: `a folder of PNGs, and a TIFF with pixels of ${name}`,
  set: folder,
  change: (_, random) => ({
    [`image-${Math.floor(random() * 9)}.tif`]: floatTiff(
      16,
      Float32Array.from({ length: 768 }, (_, i) => (i === 77 ? value : i % 256)),
    ),
  }),
});

const without = (missing: string): [string, Uint8Array][] =>
  Object.entries(cifarFolder()).filter(([name]) => name !== missing);

export const chosen: readonly Poison[] = [
  ...badNumbers.map(badSvhnLabel),
  badSvhnPixels('not a number', Number.NaN, 6),
  badSvhnPixels('numbers of any size', -1e30, 6),
  badSvhnPixels('bytes stored as doubles', 300, 9),
  badTiff('NaN', Number.NaN),
  badTiff('infinite numbers', Number.NEGATIVE_INFINITY),
  badTiff('numbers of any size', 1e30),
  badTiff('floats', 3),
  {
    name: 'SVHN: more labels than images',
    set: svhn,
    change: () => ({ 'train_32x32.mat': matFile([svhnImages(6), svhnLabels(7)]) }),
  },
  {
    name: 'CIFAR-10, unpacked: a label over 9',
    set: cifar,
    change(files, random) {
      const name = pick(Object.keys(files), random);
      return { [name]: withBytes(files[name]!, 3073 * Math.floor(2 * random()), wrongLabel(random, 10)) };
    },
  },
  {
    name: 'CIFAR-10, its archive: a label over 9',
    set: cifarPacked,
    change: async (_, random) => {
      const bad = pick(Object.keys(cifarFolder()), random);
      return {
        'cifar-10-binary.tar.gz': await tarGz(
          Object.entries(cifarFolder()).map(([name, content]) => [
            name,
            name === bad ? withBytes(content, 3073, wrongLabel(random, 10)) : content,
          ]),
        ),
      };
    },
  },
  {
    name: 'CIFAR-10, its archive: a file is not in it',
    set: cifarPacked,
    change: async (_, random) => ({
      'cifar-10-binary.tar.gz': await tarGz(without(pick(cifarNames, random))),
    }),
  },
  {
    name: 'CIFAR-10, its archive: a file is in it twice',
    set: cifarPacked,
    change: async () => ({
      'cifar-10-binary.tar.gz': await tarGz([
        ...Object.entries(cifarFolder()),
        ...Object.entries(cifarFolder()),
      ]),
    }),
  },
  {
    name: 'CIFAR-100 by the name of CIFAR-10',
    set: cifar,
    change: () => ({ 'data_batch_1.bin': Buffer.concat([Buffer.of(11, 75), pixels(3072)]) }),
  },
  {
    name: 'MNIST, gzipped: a label over 9',
    set: mnist,
    change(files, random) {
      const name = `${pick(['train', 't10k'], random)}-labels-idx1-ubyte.gz`;
      return {
        [name]: gzipSync(
          withBytes(gunzipSync(files[name]!), 8 + Math.floor(3 * random()), wrongLabel(random, 10)),
        ),
      };
    },
  },
  {
    name: 'MNIST, unpacked: a label over 9',
    set: mnistRaw,
    change: (files, random) => ({
      't10k-labels-idx1-ubyte': withBytes(files['t10k-labels-idx1-ubyte']!, 8, wrongLabel(random, 10)),
    }),
  },
  {
    name: 'MNIST: images in place of labels',
    set: mnistRaw,
    change: (files) => ({ 'train-labels-idx1-ubyte': files['train-images-idx3-ubyte']! }),
  },
  {
    name: "MNIST: training and test images in each other's place",
    set: mnistRaw,
    names: ['train-labels-idx1-ubyte'],
    change: (files) => ({
      'train-images-idx3-ubyte': files['t10k-images-idx3-ubyte']!,
      't10k-images-idx3-ubyte': files['train-images-idx3-ubyte']!,
    }),
  },
  {
    name: 'MNIST: pixels are 32-bit floats',
    set: mnistRaw,
    change: () => ({
      'train-images-idx3-ubyte': withBytes(mnistFiles()['train-images-idx3-ubyte']!, 2, 0x0d),
    }),
  },
  {
    name: 'MNIST: images of 32 x 32',
    set: mnistRaw,
    change: () => ({ 'train-images-idx3-ubyte': idx([12, 32, 32], pixels(12 * 1024)) }),
  },
  {
    name: 'CelebA: a part of the split that is none',
    set: celeba,
    change: (files) => ({
      'list_eval_partition.txt': Buffer.from(
        Buffer.from(files['list_eval_partition.txt']!).toString().replace(' 2', ' 3'),
      ),
    }),
  },
  {
    name: 'CelebA: an image of another size',
    set: celeba,
    change: async (_, random) => ({
      [`img_align_celeba/00000${pick([1, 2, 4, 5], random)}.jpg`]: await portrait(1, 217),
    }),
  },
  {
    name: 'CelebA: an image that is floats',
    set: celeba,
    change: (_, random) => ({
      [`img_align_celeba/00000${pick([1, 2, 4, 5], random)}.jpg`]: floatTiff(
        16,
        new Float32Array(768).fill(Number.NaN),
      ),
    }),
  },
  {
    name: 'a folder of PNGs, and one that is a web page',
    set: folder,
    change: (_, random) => ({
      [`image-${Math.floor(random() * 6)}.png`]: Buffer.from('<!doctype html><title>404</title>'),
    }),
  },
  {
    name: 'a folder of PNGs, and one of no pixels',
    set: folder,
    change: async () => ({
      'image-9.png': (
        await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
          .png()
          .toBuffer()
      ).subarray(0, 33),
    }),
  },
];
