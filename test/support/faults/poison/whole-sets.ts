/** Sets with as many images as the official ones, and other content: what only the official hashes tell.
 *  Black images, for they pack well. */
import { gzipSync } from 'node:zlib';
import { matFile, uint8Array } from '../../mat-files.ts';
import { cifarNames, idx, tarGz, type Files } from './clean-sets.ts';
import type { Poison, PoisonedSet } from './poison.ts';

const level = { level: 1 };
const once = <T>(make: () => T): (() => T) => {
  let made: T | null = null;
  return () => (made ??= make());
};
const whole = (kind: string, make: () => Files | Promise<Files>): PoisonedSet => ({
  experiment: `${kind}-quick`,
  dataset: { kind },
  clean: once(make),
});

const cifar = whole('cifar10', async () => ({
  'cifar-10-binary.tar.gz': await tarGz(cifarNames.map((name) => [name, new Uint8Array(10_000 * 3073)])),
}));
const mnist = whole('mnist', () =>
  Object.fromEntries(
    (
      [
        ['train', 60_000],
        ['t10k', 10_000],
      ] as const
    ).flatMap(([half, count]) => [
      [`${half}-images-idx3-ubyte.gz`, gzipSync(idx([count, 28, 28], new Uint8Array(784 * count)), level)],
      [`${half}-labels-idx1-ubyte.gz`, gzipSync(idx([count], new Uint8Array(count)), level)],
    ]),
  ),
);
const svhn = whole('svhn', () =>
  Object.fromEntries(
    (
      [
        ['train', 73_257],
        ['test', 26_032],
      ] as const
    ).map(([half, count]) => [
      `${half}_32x32.mat`,
      matFile(
        [
          uint8Array('X', [32, 32, 3, count], new Uint8Array(3072 * count)),
          uint8Array('y', [count, 1], new Uint8Array(count).fill(1)),
        ],
        { compressed: true },
      ),
    ]),
  ),
);

const asItIs = (name: string, set: PoisonedSet): Poison => ({
  name: `${name}, as many images as in the official files, and others`,
  set,
  change: (files) => files,
});
export const wrongHashes = {
  mnist: asItIs('MNIST', mnist),
  cifar: asItIs('CIFAR-10', cifar),
  svhn: asItIs('SVHN', svhn),
};
