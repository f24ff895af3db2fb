/** What people have under the names of data sets, and what each reader says of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { openCeleba } from '../../../activities/datasets/celeba.ts';
import { openCifar10 } from '../../../activities/datasets/cifar10.ts';
import { openMnist } from '../../../activities/datasets/mnist.ts';
import { openSvhn } from '../../../activities/datasets/svhn.ts';
import { foreignForm } from '../../../activities/formats/foreign-form.ts';
import { decodeNpz } from '../../../activities/formats/npz.ts';
import { readCheckpoint } from '../../../activities/formats/pytorch/read-checkpoint.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sharedCase, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('foreign');
const pointer = Buffer.from(
  `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 285057\n`,
);
const page = Buffer.from(
  `<!DOCTYPE html>\n<html><head><title>403</title></head><body>${'x'.repeat(600)}</body></html>`,
);

interface Reader {
  readonly file: string;
  /** Beside it. */
  readonly others?: Readonly<Record<string, string>>;
  readonly open: (folder: string) => Promise<unknown>;
}
const partial = { allowPartial: true };
const readers: Readonly<Record<string, Reader>> = {
  'MNIST, gzipped': {
    file: 'train-images-idx3-ubyte.gz',
    others: { 'train-labels-idx1-ubyte.gz': 'x' },
    open: (folder) => openMnist(folder, { padValue: 0, ...partial }),
  },
  'MNIST, raw': {
    file: 'train-images-idx3-ubyte',
    others: { 'train-labels-idx1-ubyte': 'x' },
    open: (folder) => openMnist(folder, { padValue: 0, ...partial }),
  },
  'CIFAR-10, packed': { file: 'cifar-10-binary.tar.gz', open: (folder) => openCifar10(folder, partial) },
  'CIFAR-10, unpacked': { file: 'data_batch_1.bin', open: (folder) => openCifar10(folder, partial) },
  SVHN: {
    file: 'train_32x32.mat',
    open: (folder) =>
      openSvhn(folder, { trainFile: 'train_32x32.mat', testFile: 'test_32x32.mat', ...partial }),
  },
  "CelebA's images": {
    file: 'img_align_celeba.zip',
    others: { 'list_eval_partition.txt': '000001.jpg 0\n' },
    open: (folder) => openCeleba(folder, { size: 32, crop: 140, kernel: 'linear', ...partial }),
  },
  "CelebA's split": {
    file: 'list_eval_partition.txt',
    open: (folder) => openCeleba(folder, { size: 32, crop: 140, kernel: 'linear', ...partial }),
  },
};
const refused =
  (file: string, ...rules: RegExp[]) =>
  (error: Error): boolean =>
    error.name === 'BadInputError'
    && error.message.includes(file)
    && rules.every((rule) => rule.test(error.message))
    && !error.message.includes('\n');

describe('a file that is something else', () => {
  for (const [name, { file, others = {}, open }] of Object.entries(readers)) {
    test(`is called by what it is, with the remedy: ${name}`, async () => {
      const folder = mkdtempSync(join(root, 'data-'));
      for (const [other, content] of Object.entries(others)) writeFileSync(join(folder, other), content);
      for (const [content, ...rules] of [
        [pointer, /a Git LFS pointer/, /Run `git lfs pull`/],
        [page, /a web page/, /Download it again from another address/],
      ] as const) {
        writeFileSync(join(folder, file), content);
        await assert.rejects(open(folder), refused(file, ...rules));
      }
    });
  }

  test('is called so where weights or statistics are expected', async () => {
    for (const [content, rule] of [
      [pointer, /w\.pth is no PyTorch checkpoint.*It is a Git LFS pointer.*git lfs pull/],
      [page, /It is a web page/],
      [Buffer.of(), /It is empty/],
    ] as const) {
      await assert.rejects(readCheckpoint(content, 'w.pth'), { name: 'BadInputError', message: rule });
    }
    await assert.rejects(decodeNpz(pointer, 's.npz'), {
      name: 'BadInputError',
      message: /s\.npz is no readable zip archive.*Git LFS pointer/,
    });
    await assert.rejects(decodeNpz(Buffer.from('\x93NUMPY\x01\0', 'latin1'), 's.npz'), {
      name: 'BadInputError',
      message: /a single array of numpy \(\.npy\)/,
    });
  });

  test('is not called anything where it is what was expected, and only broken', async () => {
    const broken = zipSync({ 'a.npy': Buffer.alloc(100) });
    await assert.rejects(decodeNpz(broken.subarray(0, 60), 's.npz'), {
      message: /Copy or download it again\.$/,
    });
  });

  test('is known by its first bytes, each form by its own', () => {
    const forms: readonly (readonly [Uint8Array, RegExp])[] = [
      [gzipSync('x'), /gzip/],
      [zipSync({ x: Buffer.of(1) }), /zip archive/],
      [Buffer.from('89484446', 'hex'), /HDF5/],
      [Buffer.from('Octave-1-L\0'), /binary file of Octave/],
      [Buffer.from('# Created by Octave 8.4.0'), /text file of Octave/],
      [Buffer.from('{"message":"Not Found"}'), /JSON/],
      [Buffer.from('<?xml version="1.0"?><Error/>'), /XML/],
      [Buffer.from('\ufeff\n <HTML>'), /web page/],
      [Buffer.from('PAR1'), /parquet/],
      [Buffer.from('BZh91AY&SY'), /bzip2/],
      [Buffer.from('fd377a585a00', 'hex'), /xz/],
      [Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar')]), /tar archive/],
    ];
    for (const [content, what] of forms) assert.match(foreignForm(content)?.what ?? 'nothing known', what);
    for (const content of [
      Buffer.from([0, 0, 8, 3]),
      Buffer.from('000001.jpg 0'),
      Buffer.from('MATLAB 5.0 MAT-file'),
    ])
      assert.equal(foreignForm(content), null);
  });
});

describe('MATLAB files of other programs and versions', () => {
  const open = readers['SVHN']!.open;
  for (const [what, content, ...rules] of [
    [
      'HDF5',
      Buffer.concat([Buffer.from('894844460d0a1a0a', 'hex'), Buffer.alloc(200)]),
      /an HDF5 file, as Octave's save -hdf5/,
      /save it again with -v7\.$/,
    ],
    [
      "Octave's text",
      Buffer.from(`# Created by Octave 8.4.0, Mon Jan 01 2024\n# name: X\n${' '.repeat(200)}`),
      /a text file of Octave/,
      /-v7\.$/,
    ],
    ["Octave's own, packed", gzipSync('Octave-1-L'), /packed with gzip/, /gunzip/],
  ] as const) {
    test(`${what} is named, with how to save it`, async () => {
      const folder = mkdtempSync(join(root, 'mat-'));
      writeFileSync(join(folder, 'train_32x32.mat'), content);
      await assert.rejects(open(folder), refused('train_32x32.mat', ...rules));
    });
  }

  const [hdf5, v7] = [sharedCase('svhn-octave-hdf5'), sharedCase('svhn-octave-v7')];
  test('of Octave are refused with -hdf5 and read with -v7', { skip: skipWithout(hdf5, v7) }, async () => {
    await assert.rejects(open(hdf5), refused('train_32x32.mat', /HDF5/, /-v7/));
    const { train, test: held } = await openSvhn(v7, {
      trainFile: 'train_32x32.mat',
      testFile: 'test_32x32.mat',
      ...partial,
    });
    assert.equal(Buffer.concat(await collect(train.images())).length, 3072 * train.count);
    assert.equal((await held.labels())!.length, held.count);
  });
});

describe("MNIST's files by their content", () => {
  const idx = (shape: readonly number[], fill: number): Buffer =>
    Buffer.concat([
      Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size])]),
      Buffer.alloc(
        shape.reduce((a, b) => a * b, 1),
        fill,
      ),
    ]);
  test('plain under .gz, and gzipped without it, are read', async () => {
    const folder = mkdtempSync(join(root, 'idx-'));
    for (const half of ['train', 't10k']) {
      writeFileSync(join(folder, `${half}-images-idx3-ubyte.gz`), idx([2, 28, 28], 7));
      writeFileSync(join(folder, `${half}-labels-idx1-ubyte`), gzipSync(idx([2], 3)));
    }
    const { train } = await openMnist(folder, { padValue: 0, ...partial });
    assert.deepEqual(
      [Buffer.concat(await collect(train.images()))[32 * 2 + 2], [...(await train.labels())!]],
      [7, [3, 3]],
    );
  });

  for (const [name, rule] of [
    ['mnist-lfs', /Git LFS pointer/],
    ['mnist-html', /web page/],
  ] as const) {
    const shared = sharedCase(name);
    test(
      `of the shared case ${name} are called by what they are`,
      { skip: skipWithout(shared) },
      async () => {
        await assert.rejects(
          openMnist(shared, { padValue: 0, ...partial }),
          refused('train-images-idx3-ubyte.gz', rule),
        );
      },
    );
  }
});
