/** The data sets that can be had without asking anyone, as their authors (for MNIST, mirrors of its authors'
 *  page) publish them. Sizes and SHA-256 are those that several public loaders pin; CIFAR-10's page itself
 *  gives an MD5 only (c32a1d4ab5d03f1284b67883e8d87530). */
import { officialHashes } from '../../activities/datasets/official-hashes.ts';
import type { OfficialFile } from './download-file.ts';

const mnistMirrors = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
];
const mnist = (name: string, bytes: number, sha256: string): OfficialFile => ({
  name,
  urls: mnistMirrors.map((mirror) => `${mirror}${name}`),
  bytes,
  sha256,
});
const svhn = (name: string, bytes: number, sha256: string): OfficialFile => ({
  name,
  urls: [`http://ufldl.stanford.edu/housenumbers/${name}`],
  bytes,
  sha256,
});

export const officialFiles: Readonly<Partial<Record<string, readonly OfficialFile[]>>> = {
  cifar10: [
    {
      name: 'cifar-10-binary.tar.gz',
      urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
      bytes: 170_052_171,
      sha256: officialHashes['cifar-10-binary.tar.gz'],
    },
  ],
  mnist: [
    mnist(
      'train-images-idx3-ubyte.gz',
      9_912_422,
      '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    ),
    mnist(
      'train-labels-idx1-ubyte.gz',
      28_881,
      '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    ),
    mnist(
      't10k-images-idx3-ubyte.gz',
      1_648_877,
      '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    ),
    mnist(
      't10k-labels-idx1-ubyte.gz',
      4542,
      'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
    ),
  ],
  svhn: [
    svhn('train_32x32.mat', 182_040_794, officialHashes['train_32x32.mat']),
    svhn('test_32x32.mat', 64_275_384, officialHashes['test_32x32.mat']),
  ],
};
