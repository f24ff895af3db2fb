/** SHA-256 of official files, as several public loaders pin them: a whole set under its own name is held
 *  against them. MNIST's are of the unpacked files, for mirrors pack them anew. CelebA's images have a
 *  checksum each in their zip, CIFAR-10's unpacked files none that is published. */
import type { HashedInput } from './hash-inputs.ts';
import type { PinnedFile } from './image-source.ts';

export const officialHashes = {
  'cifar-10-binary.tar.gz': 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  'train_32x32.mat': '435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8',
  'test_32x32.mat': 'cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b',
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  'list_eval_partition.txt': '0b188c55138e1d593f8de696a951bb33a1d67d43e3721cadd7f82b1fb24bfaf4',
} as const;

/** What is said of files that pretend to be the official ones: by their place, and by as many images. */
export function unofficial(pinned: readonly PinnedFile[], inputs: readonly HashedInput[]): string[] {
  return pinned.flatMap(
    ({
      name,
      path,
      expected,
      digest = 'SHA-256',
      found = inputs.find((input) => input.name === name)?.sha256,
    }) =>
      found === expected
        ? []
        : [`${path} should be the official file, whose ${digest} is ${expected}, and has ${found}.`],
  );
}
