/** Hugging Face's parquet files of CIFAR-10 and MNIST: golden ones of noise, and the real images where
 *  pyarrow can write them. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import zlib from 'node:zlib';
import sharp from 'sharp';
import { openCifar10 } from '../../../activities/datasets/cifar10.ts';
import type { ImageSource } from '../../../activities/datasets/image-source.ts';
import { openMnist } from '../../../activities/datasets/mnist.ts';
import { collect } from '../../support/collect.ts';
import { codecs, plainNumbers, plainTexts, rawParquet } from '../../support/faults/hostile/raw-parquet.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runPython, skipWithout as skipWithoutPython } from '../../support/python.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('parquet');
const golden = join('test', 'golden', 'parquet');
const partial = { allowPartial: true };
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

async function contentOf({ train, test: held }: ImageSource): Promise<unknown> {
  const all: unknown[] = [];
  for (const split of [train, held])
    all.push(split.count, Buffer.concat(await collect(split.images())).toString('hex'), [
      ...(await split.labels())!,
    ]);
  return all;
}
/** The noise that the golden files were made of: byte i of image n (test/golden/parquet.py). */
const noise = (n: number, i: number): number => Math.imul(n * 3072 + i + 1, 0x9e3779b1) >>> 24;

describe('parquet files as Hugging Face keeps them', () => {
  test("give CIFAR-10's pixels and labels, in the files' order", async () => {
    const { train, test: held, source, inputs } = await openCifar10(join(golden, 'cifar10'), partial);
    const images = Buffer.concat(await collect(train.images()));
    assert.deepEqual([train.count, held.count], [7, 2]);
    assert.deepEqual(
      images,
      Buffer.from(Array.from({ length: 7 * 3072 }, (_, i) => noise(Math.floor(i / 3072), i % 3072))),
    );
    assert.deepEqual([...(await train.labels())!], [0, 3, 6, 9, 2, 5, 8]);
    assert.match(
      source,
      /^CIFAR-10, parquet, a part of it \(7 of 50000 training and 2 of 10000 test images\)$/,
    );
    assert.deepEqual(
      inputs.map(({ name }) => name),
      ['train-00000-of-00002', 'train-00001-of-00002', 'test-00000-of-00001'].map(
        (name) => `plain_text/${name}.parquet`,
      ),
    );
  });

  test("give MNIST's, padded", async () => {
    const { train, test: held } = await openMnist(join(golden, 'mnist'), { padValue: 9, ...partial });
    const images = Buffer.concat(await collect(train.images()));
    assert.deepEqual([train.count, held.count, images.length], [3, 1, 3 * 1024]);
    for (const [n, row, column] of [
      [0, 0, 0],
      [1, 5, 7],
      [2, 27, 27],
    ] as const)
      assert.equal(images[1024 * n + 32 * (row + 2) + column + 2], noise(n, 28 * row + column));
    assert.equal(images[0], 9);
    assert.deepEqual([...(await train.labels())!], [0, 3, 6]);
  });

  test('are read as they were packed, and refused where this Node cannot unpack them', async () => {
    const png = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#3579bd' } })
      .png()
      .toBuffer();
    const page = plainTexts([png, png]);
    const folderOf = (packed: Uint8Array, codec: number): string => {
      const folder = mkdtempSync(join(root, 'packed-'));
      const label = { path: ['label'], type: 2, page: plainNumbers([4, 2]), values: 2 } as const;
      const bytes = rawParquet(
        [{ path: ['img', 'bytes'], type: 6, page: packed, codec, size: page.length, values: 2 }, label],
        { rows: 2 },
      );
      for (const half of ['train', 'test'])
        writeFileSync(join(folder, `${half}-00000-of-00001.parquet`), bytes);
      return folder;
    };
    const { zstdCompressSync: zstd } = zlib as {
      readonly zstdCompressSync?: (bytes: Uint8Array) => Uint8Array;
    };
    const packings = [
      [page, codecs.none],
      [zlib.gzipSync(page), codecs.gzip],
      [zlib.brotliCompressSync(page), codecs.brotli],
      ...(zstd ? [[zstd(page), codecs.zstd] as const] : []),
    ] as const;
    for (const [packed, codec] of packings) {
      const { train } = await openCifar10(folderOf(packed, codec), partial);
      assert.deepEqual(
        Buffer.concat(await collect(train.images())),
        Buffer.alloc(2 * 3072, Buffer.of(0x35, 0x79, 0xbd)),
      );
      assert.deepEqual([...(await train.labels())!], [4, 2]);
    }
    const later = await openCifar10(folderOf(page, codecs.lz4), partial);
    await assert.rejects(
      collect(later.train.images()),
      refused('BadInputError', /unsupported compression codec: LZ4/),
    );
    if (!zstd)
      await assert.rejects(
        collect((await openCifar10(folderOf(page, codecs.zstd), partial)).train.images()),
        refused('BadInputError', /cannot unpack zstd, 22\.15 and later can/),
      );
  });

  test('are refused where a part is missing, too few are there, or the content is another', async () => {
    const copy = (from: string): string => {
      const folder = mkdtempSync(join(root, 'data-'));
      cpSync(join(golden, from), folder, { recursive: true });
      return folder;
    };
    await assert.rejects(
      openCifar10(join(golden, 'cifar10'), { allowPartial: false }),
      refused('MissingDataError', /50000 \+ 10000 images, and holds 7 \+ 2/, /allowPartial=true/),
    );
    const lacking = mkdtempSync(join(root, 'data-'));
    for (const name of ['train-00001-of-00002', 'test-00000-of-00001'])
      writeFileSync(
        join(lacking, `${name}.parquet`),
        readFileSync(join(golden, 'cifar10', 'plain_text', `${name}.parquet`)),
      );
    await assert.rejects(
      openCifar10(lacking, partial),
      refused('MissingDataError', /train-\*\.parquet, all parts of it, and holds 1 of 2/),
    );
    const other = copy('mnist');
    mkdirSync(join(other, 'plain_text'));
    cpSync(join(other, 'mnist'), join(other, 'plain_text'), { recursive: true });
    await assert.rejects(
      collect((await openCifar10(other, partial)).train.images()),
      refused(
        'BadInputError',
        /row 0 should be a PNG of 32 x 32 pixels, 3 channels of 8 bits, and is png of 28 x 28, 1 of uchar/,
      ),
    );
    for (const [bytes, rule] of [
      [Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
      [Buffer.from('PAR1 and nothing else'), /Download it again/],
      [
        readFileSync(join(golden, 'cifar10', 'plain_text', 'test-00000-of-00001.parquet')).subarray(0, 2000),
        /is no parquet file that can be read/,
      ],
    ] as const) {
      const broken = copy('cifar10');
      writeFileSync(join(broken, 'plain_text', 'test-00000-of-00001.parquet'), bytes);
      await assert.rejects(
        openCifar10(broken, partial),
        refused('BadInputError', /test-00000-of-00001\.parquet/, rule),
      );
    }
  });
});

const real = { cifar10: sharedData('cifar10', 'cifar-10-batches-bin'), mnist: sharedData('mnist') };
describe(
  'parquet files that pyarrow writes of the real images',
  { skip: skipWithoutPython('numpy', 'pyarrow', 'PIL') || skipWithout(real.cifar10, real.mnist) },
  () => {
    test('give the pixels and labels of the official forms', async () => {
      const folder = mkdtempSync(join(root, 'real-'));
      runPython([join('test', 'golden', 'parquet.py'), folder, real.cifar10, real.mnist]);
      assert.deepEqual(
        await contentOf(await openCifar10(join(folder, 'cifar10'), partial)),
        await contentOf(await openCifar10(real.cifar10, partial)),
      );
      const [parquet, official] = [
        await openMnist(join(folder, 'mnist'), { padValue: 0, ...partial }),
        await openMnist(real.mnist, { padValue: 0, ...partial }),
      ];
      const bytes = 1024 * parquet.test.count;
      assert.equal(parquet.test.count, 1500);
      assert.deepEqual(
        Buffer.concat(await collect(parquet.test.images())),
        Buffer.concat(await collect(official.test.images())).subarray(0, bytes),
      );
      assert.deepEqual(
        [...(await parquet.test.labels())!],
        [...(await official.test.labels())!].slice(0, 1500),
      );
    });
  },
);
