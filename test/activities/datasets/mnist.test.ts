import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImageSource, ImageSplit } from '../../../activities/datasets/image-source.ts';
import { openMnist } from '../../../activities/datasets/mnist.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('mnist');
const partial = { padValue: 0, allowPartial: true };
const imagesOf = async (split: ImageSplit): Promise<Buffer> => Buffer.concat(await collect(split.images()));
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.from([
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]),
  ]);
  return Buffer.concat([header, values]);
}
const digits = (count: number): Buffer =>
  idx(
    [count, 28, 28],
    Uint8Array.from({ length: 784 * count }, (_, i) => (i % 251) + 1),
  );
const labels = (count: number): Buffer =>
  idx(
    [count],
    Uint8Array.from({ length: count }, (_, i) => i % 10),
  );
const small = (): Record<string, Buffer> => ({
  'train-images-idx3-ubyte': digits(12),
  'train-labels-idx1-ubyte': labels(12),
  't10k-images-idx3-ubyte': digits(3),
  't10k-labels-idx1-ubyte': labels(3),
});
function folderWith(files: Record<string, Uint8Array>, zipped = false): string {
  const folder = mkdtempSync(join(root, 'data-'));
  for (const [name, bytes] of Object.entries(files))
    writeFileSync(join(folder, zipped ? `${name}.gz` : name), zipped ? gzipSync(bytes) : bytes);
  return folder;
}

describe('MNIST files', () => {
  for (const zipped of [false, true]) {
    test(`${zipped ? 'gzipped' : 'raw'} become images of 32 x 32 with the digit in the middle, and labels`, async () => {
      const {
        train,
        test: held,
        shape,
        inputs,
      } = await openMnist(folderWith(small(), zipped), { ...partial, padValue: 200 });
      assert.deepEqual([train.count, held.count, shape], [12, 3, [32, 32, 1]]);
      assert.equal(inputs[0]!.name, `train-images-idx3-ubyte${zipped ? '.gz' : ''}`);
      const images = await imagesOf(train);
      for (const n of [0, 11])
        for (let row = 0; row < 32; row++)
          for (let column = 0; column < 32; column++) {
            const inside = row >= 2 && row < 30 && column >= 2 && column < 30;
            const expected = inside ? ((784 * n + 28 * (row - 2) + column - 2) % 251) + 1 : 200;
            assert.equal(images[1024 * n + 32 * row + column], expected, `image ${n} at ${row}, ${column}`);
          }
      assert.deepEqual([...(await train.labels())!], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    });
  }

  const cases: [what: string, change: Record<string, Uint8Array>, error: string, ...rules: RegExp[]][] = [
    [
      'cut short',
      { 'train-images-idx3-ubyte': digits(12).subarray(0, 5000) },
      'BadInputError',
      /train-images-idx3-ubyte is cut short: it should go on for 9408 bytes, and ends after 4984/,
      /Download/,
    ],
    [
      'with bytes too many',
      { 't10k-images-idx3-ubyte': Buffer.concat([digits(3), Buffer.alloc(1)]) },
      'BadInputError',
      /should end after the 2352 values/,
    ],
    [
      'that are no IDX files',
      { 'train-images-idx3-ubyte': Buffer.from('<html>this is no data set</html>') },
      'BadInputError',
      /begin with 0x00000803/,
      /begins with 0x3c68746d/,
    ],
    [
      "of images and labels in each other's place",
      { 'train-images-idx3-ubyte': labels(12) },
      'BadInputError',
      /begin with 0x00000803/,
      /0x00000801/,
    ],
    [
      'with fewer labels than images',
      { 'train-labels-idx1-ubyte': labels(11) },
      'BadInputError',
      /12 labels, one an image, and holds 11/,
    ],
    [
      'of another size',
      { 'train-images-idx3-ubyte': idx([1, 20, 20], new Uint8Array(400)) },
      'BadInputError',
      /28 x 28, and holds \[1,20,20\]/,
    ],
  ];
  for (const [what, change, error, ...rules] of cases) {
    test(`${what} are refused`, async () =>
      assert.rejects(openMnist(folderWith({ ...small(), ...change }), partial), refused(error, ...rules)));
  }

  test('gzipped and cut short are refused, whether in the middle or in the checksum', async () => {
    const folder = folderWith(small(), true);
    const whole = gzipSync(digits(12));
    for (const cut of [whole.length - 4, whole.length >> 1, 12]) {
      writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), whole.subarray(0, cut));
      await assert.rejects(
        openMnist(folder, partial),
        refused('BadInputError', /train-images-idx3-ubyte\.gz is cut short/),
      );
    }
  });

  test('that are missing or too few are refused, unless a part is accepted', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...rest } = small();
    await assert.rejects(
      openMnist(folderWith(rest), partial),
      refused('MissingDataError', /t10k-labels-idx1-ubyte\.gz is missing/, /--download/),
    );
    await assert.rejects(
      openMnist(folderWith(small()), { ...partial, allowPartial: false }),
      refused('MissingDataError', /holds 12 \+ 3/, /dataset\.allowPartial=true/),
    );
  });

  test('with a label over 9 are refused with its place', async () => {
    const { train } = await openMnist(
      folderWith({
        ...small(),
        'train-labels-idx1-ubyte': idx(
          [12],
          Uint8Array.from({ length: 12 }, (_, i) => (i === 7 ? 10 : 0)),
        ),
      }),
      partial,
    );
    await assert.rejects(train.labels(), refused('BadInputError', /label 7: a label is 0 to 9, got 10/));
  });
});

describe("sets in MNIST's form", () => {
  function laid(folder: string, files: Record<string, Uint8Array>, zipped = false): string {
    const root = folderWith({});
    mkdirSync(join(root, folder), { recursive: true });
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(join(root, folder, zipped ? `${name}.gz` : name), zipped ? gzipSync(bytes) : bytes);
    return root;
  }
  const content = async ({ train, test: held }: ImageSource): Promise<unknown> => [
    await imagesOf(train),
    [...(await train.labels())!],
    await imagesOf(held),
    [...(await held.labels())!],
  ];

  for (const [variant, folder] of [
    ['mnist', 'MNIST/raw'],
    ['fashion', 'FashionMNIST/raw'],
    ['kmnist', 'KMNIST/raw'],
    ['mnist', 'raw'],
  ] as const) {
    test(`are found as torchvision lays them: ${folder}`, async () => {
      const source = await openMnist(laid(folder, small(), variant === 'fashion'), { ...partial, variant });
      assert.deepEqual(await content(source), await content(await openMnist(folderWith(small()), partial)));
      assert.equal(
        source.inputs[0]!.name,
        `${folder}/train-images-idx3-ubyte${variant === 'fashion' ? '.gz' : ''}`,
      );
      assert.match(
        source.source,
        { mnist: /^MNIST,/, fashion: /^Fashion-MNIST,/, kmnist: /^KMNIST,/ }[variant],
      );
    });
  }

  const letters = (count: number, first = 1): Record<string, Buffer> =>
    Object.fromEntries(
      ['train', 'test'].flatMap((half) => [
        [`emnist-letters-${half}-images-idx3-ubyte`, digits(count)],
        [
          `emnist-letters-${half}-labels-idx1-ubyte`,
          idx(
            [count],
            Uint8Array.from({ length: count }, (_, i) => (i % 26) + first),
          ),
        ],
      ]),
    );
  test("EMNIST's images stand upright, and its letters begin at 0", async () => {
    for (const folder of ['EMNIST/raw', 'gzip', '']) {
      const source = await openMnist(laid(folder, letters(30), true), {
        ...partial,
        variant: 'emnist-letters',
      });
      const images = await imagesOf(source.train);
      for (const [n, row, column] of [
        [0, 0, 1],
        [0, 27, 3],
        [29, 5, 20],
      ] as const) {
        assert.equal(
          images[1024 * n + 32 * (row + 2) + column + 2],
          ((784 * n + 28 * column + row) % 251) + 1,
          `image ${n} at ${row}, ${column}`,
        );
      }
      assert.deepEqual(
        [...(await source.train.labels())!],
        Array.from({ length: 30 }, (_, i) => i % 26),
      );
      assert.match(
        source.source,
        /EMNIST, letters, padded to 32 x 32, a part of it \(30 of 124800 training and 30 of 20800 test/,
      );
      assert.match(
        source.card.preprocessing.join(' '),
        /changed places.*from 0 to 25; in the files they begin at 1/,
      );
    }
  });

  test('are refused with a label that their classes do not have', async () => {
    const { train } = await openMnist(laid('EMNIST/raw', letters(30, 0)), {
      ...partial,
      variant: 'emnist-letters',
    });
    await assert.rejects(train.labels(), refused('BadInputError', /label 0: a label is 1 to 26, got 0/));
  });

  test('are named where they are there in place of the one asked for', async () => {
    for (const [folder, files, variant] of [
      ['FashionMNIST/raw', small(), 'fashion'],
      ['EMNIST/raw', letters(3), 'emnist-letters'],
    ] as const) {
      await assert.rejects(
        openMnist(laid(folder, files), partial),
        refused(
          'MissingDataError',
          /train-images-idx3-ubyte\.gz is missing/,
          new RegExp(`--set dataset\\.variant=${variant}`),
        ),
      );
    }
    await assert.rejects(
      openMnist(folderWith({}), { ...partial, variant: 'fashion' }),
      refused('MissingDataError', /torchvision's root/),
    );
  });
});

const real = sharedData('mnist');
test('the real MNIST that is called another set is refused', { skip: skipWithout(real) }, async () => {
  await assert.rejects(
    openMnist(real, { padValue: 0, allowPartial: false, variant: 'fashion' }),
    refused('BadInputError', /should be of Fashion-MNIST, and is MNIST's own/),
  );
});

test(
  'the real MNIST is whole: 60,000 and 10,000 images with their published mean',
  { skip: skipWithout(real) },
  async () => {
    const {
      train,
      test: held,
      partial: isPartial,
    } = await openMnist(real, { padValue: 0, allowPartial: false });
    assert.deepEqual([train.count, held.count, isPartial], [60_000, 10_000, false]);
    let sum = 0;
    for await (const images of train.images()) for (const value of images) sum += value;
    // 0.1307 of 255 over the 28 x 28 pixels, as every loader's normalisation has it
    assert.ok(Math.abs(sum / (60_000 * 784) / 255 - 0.1307) < 5e-5, `${sum / (60_000 * 784) / 255}`);
    const labels = (await train.labels())!;
    assert.deepEqual([labels.length, [...labels.subarray(0, 5)]], [60_000, [5, 0, 4, 1, 9]]);
  },
);
