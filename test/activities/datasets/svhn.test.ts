import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { openSvhn } from '../../../activities/datasets/svhn.ts';
import type { ImageSplit } from '../../../activities/datasets/image-source.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { matFile, uint8Array, type MatArray, type MatOptions } from '../../support/mat-files.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('svhn');
const options = { trainFile: 'train_32x32.mat', testFile: 'test_32x32.mat', allowPartial: true };
const imagesOf = async (split: ImageSplit): Promise<Buffer> => Buffer.concat(await collect(split.images()));
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

/** Pixel of image n at row, column, colour: recognisable whatever the order. */
const pixel = (n: number, row: number, column: number, colour: number): number =>
  (31 * n + 7 * row + 3 * column + 101 * colour) % 256;

/** X as MATLAB lays it out: the row changes fastest, then the column, the colour, the image. */
function columnMajor(count: number, first = 0): Uint8Array {
  const values = new Uint8Array(3072 * count);
  for (let n = 0; n < count; n++)
    for (let colour = 0; colour < 3; colour++)
      for (let column = 0; column < 32; column++)
        for (let row = 0; row < 32; row++) {
          values[row + 32 * (column + 32 * (colour + 3 * n))] = pixel(first + n, row, column, colour);
        }
  return values;
}
const arrays = (count: number, first = 0): MatArray[] => [
  uint8Array('X', [32, 32, 3, count], columnMajor(count, first)),
  uint8Array(
    'y',
    [count, 1],
    Uint8Array.from({ length: count }, (_, n) => ((first + n) % 10) + 1),
  ),
];
function folderWith(
  files: Record<string, readonly MatArray[]>,
  how: MatOptions = { compressed: true },
): string {
  const folder = mkdtempSync(join(root, 'data-'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), matFile(content, how));
  return folder;
}

describe('SVHN files', () => {
  for (const how of [{ compressed: true }, { compressed: false }, { compressed: true, bigEndian: true }]) {
    test(`become rows of interleaved colours, with label 10 as digit 0 (${JSON.stringify(how)})`, async () => {
      const {
        train,
        test: held,
        shape,
      } = await openSvhn(
        folderWith({ 'train_32x32.mat': arrays(12), 'test_32x32.mat': arrays(3, 50) }, how),
        options,
      );
      assert.deepEqual([train.count, held.count, shape], [12, 3, [32, 32, 3]]);
      const images = await imagesOf(train);
      for (const [n, row, column, colour] of [
        [0, 0, 0, 0],
        [0, 1, 0, 2],
        [5, 31, 2, 1],
        [11, 30, 31, 2],
      ] as const) {
        assert.equal(images[((n * 32 + row) * 32 + column) * 3 + colour], pixel(n, row, column, colour));
      }
      assert.equal((await imagesOf(held))[2], pixel(50, 0, 0, 2));
      assert.deepEqual([...(await train.labels())!], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
    });
  }

  test('without a test file or labels are accepted as a part: the last tenth is held out', async () => {
    const folder = folderWith({ 'train_32x32.mat': arrays(25).slice(0, 1) });
    const { train, test: held, partial, card } = await openSvhn(folder, options);
    assert.deepEqual([train.count, held.count, partial, await train.labels()], [23, 2, true, null]);
    const all = [await imagesOf(train), await imagesOf(held)];
    assert.deepEqual([all[0]!.length, all[1]!.length], [23 * 3072, 2 * 3072]);
    assert.equal(all[1]![0], pixel(23, 0, 0, 0));
    assert.match(card.split, /last 2 images of train_32x32\.mat are held out/);
  });

  test('of the extra set follow those for training, where they are asked for', async () => {
    const folder = folderWith({
      'train_32x32.mat': arrays(12),
      'test_32x32.mat': arrays(3, 50),
      'extra_32x32.mat': arrays(5, 100),
    });
    const { train, test: held, source, card, inputs } = await openSvhn(folder, { ...options, extra: true });
    assert.deepEqual(
      [train.count, held.count, inputs.map(({ name }) => name)],
      [17, 3, ['train_32x32.mat', 'extra_32x32.mat', 'test_32x32.mat']],
    );
    const images = await imagesOf(train);
    assert.equal(images.length, 17 * 3072);
    assert.deepEqual(
      [images[11 * 3072], images[12 * 3072], images[16 * 3072 + 1]],
      [pixel(11, 0, 0, 0), pixel(100, 0, 0, 0), pixel(104, 0, 0, 1)],
    );
    assert.deepEqual([...(await train.labels())!].slice(10), [1, 2, 1, 2, 3, 4, 5]);
    assert.match(
      `${source}; ${card.split}`,
      /with its extra set.*the 5 images of extra_32x32\.mat follow those for training/,
    );
    assert.equal((await openSvhn(folder, options)).train.count, 12);
    const bare = folderWith({ 'train_32x32.mat': arrays(12), 'test_32x32.mat': arrays(3, 50) });
    await assert.rejects(
      openSvhn(bare, { ...options, extra: true }),
      refused('MissingDataError', /extra_32x32\.mat is missing, which dataset\.extra asks for/),
    );
  });

  test('that are not the whole set are refused unless a part is accepted', async () => {
    const whole = { 'train_32x32.mat': arrays(20), 'test_32x32.mat': arrays(2) };
    const { 'test_32x32.mat': _, ...trainOnly } = whole;
    await assert.rejects(
      openSvhn(folderWith(whole), { ...options, allowPartial: false }),
      refused('MissingDataError', /73257 images and holds 20/, /dataset\.allowPartial=true/),
    );
    await assert.rejects(
      openSvhn(folderWith(trainOnly), { ...options, allowPartial: false }),
      refused('MissingDataError', /test_32x32\.mat is missing/, /--download/),
    );
    await assert.rejects(
      openSvhn(folderWith({ 'other.mat': arrays(3) }), options),
      refused(
        'MissingDataError',
        /train_32x32\.mat is missing/,
        /--set dataset\.trainFile=NAME/,
        /other\.mat/,
      ),
    );
    await assert.rejects(
      openSvhn(folderWith({ 'train_32x32.mat': arrays(3) }), options),
      refused('MissingDataError', /at least 10 images where there is no test file, and holds 3/),
    );
  });

  test('with something else in them are refused with what they hold', async () => {
    const y = arrays(2)[1]!;
    const cases: [MatArray[], RegExp][] = [
      [[y], /should hold X uint8 \[32,32,3,N\], and holds y uint8 \[2,1\]/],
      [[uint8Array('X', [32, 32, 1, 2], new Uint8Array(2048))], /its X is uint8 \[32,32,1,2\]/],
      [
        [{ ...uint8Array('X', [32, 32, 3, 1], new Uint8Array(3072)), classCode: 8 }],
        /its X is int8 \[32,32,3\]|its X is int8 \[32,32,3,1\]/,
      ],
      [
        [arrays(2)[0]!, uint8Array('y', [3, 1], Uint8Array.of(1, 2, 3))],
        /one label an image, and holds 2 images and y \[3,1\]/,
      ],
    ];
    for (const [content, rule] of cases)
      await assert.rejects(
        openSvhn(folderWith({ 'train_32x32.mat': content, 'test_32x32.mat': arrays(2) }), options),
        refused('BadInputError', rule),
      );
    const oneMore = [uint8Array('X', [32, 32, 3, 26_033], new Uint8Array(3072))];
    await assert.rejects(
      openSvhn(folderWith({ 'train_32x32.mat': arrays(2), 'test_32x32.mat': oneMore }), options),
      refused('BadInputError', /test_32x32\.mat should hold at most 26032 images, and holds 26033/),
    );
    const wrong = [arrays(2)[0]!, uint8Array('y', [2, 1], Uint8Array.of(1, 11))];
    const { train } = await openSvhn(
      folderWith({ 'train_32x32.mat': wrong, 'test_32x32.mat': arrays(2) }),
      options,
    );
    await assert.rejects(train.labels(), refused('BadInputError', /labels from 1 to 10, and has 11/));
  });

  test('that are cut short are refused with the number of whole images in them', async () => {
    const folder = folderWith({}, {});
    const plain = matFile(arrays(10));
    // header; tags of matrix, flags, shape; name; tag of values
    const beforeValues = 128 + 8 + 16 + 24 + 8 + 8;
    writeFileSync(join(folder, 'train_32x32.mat'), plain.subarray(0, beforeValues + 4 * 3072 + 100));
    await assert.rejects(
      openSvhn(folder, options),
      refused(
        'BadInputError',
        /train_32x32\.mat is cut short: its header promises 10 images, and 4 whole ones could be read/,
        /Download it again/,
      ),
    );
    const packed = matFile(arrays(10), { compressed: true });
    writeFileSync(join(folder, 'train_32x32.mat'), packed.subarray(0, packed.length / 2));
    await assert.rejects(
      openSvhn(folder, options),
      refused('BadInputError', /promises 10 images, and \d whole ones could be read/),
    );
  });
});

const real = sharedData('svhn');
describe('the real SVHN files', { skip: skipWithout(real) }, () => {
  test('the truncated one gives one clear error, which says how many of its images are whole', async () => {
    const folder = mkdtempSync(join(root, 'real-'));
    copyFileSync(resolve(real, 'train_32x32.truncated.mat'), join(folder, 'train_32x32.mat'));
    const startedAt = performance.now();
    await assert.rejects(
      openSvhn(folder, options),
      refused(
        'BadInputError',
        /train_32x32\.mat is cut short: its header promises 73257 images, and 1083 whole ones could be read\. Download it again\.$/,
      ),
    );
    assert.ok(performance.now() - startedAt < 5000, 'within 5 s');
  });

  test('the first 1,083 images can be trained on: 975 and a held-out tenth', async () => {
    const {
      train,
      test: held,
      partial,
    } = await openSvhn(real, { ...options, trainFile: 'first1083_images.mat' });
    assert.deepEqual([train.count, held.count, partial], [975, 108, true]);
    const images = await imagesOf(train);
    assert.equal(images.length, 975 * 3072);
    // neighbours in a picture are alike: in the wrong order they would not be
    let [across, down, apart] = [0, 0, 0];
    for (let at = 0; at < images.length - 97 * 3; at += 3) {
      across += Math.abs(images[at]! - images[at + 3]!);
      down += Math.abs(images[at]! - images[at + 96]!);
      apart += Math.abs(images[at]! - images[at + 1500 < images.length ? at + 1500 : 0]!);
    }
    assert.ok(across < apart / 2 && down < apart / 2, `${across} ${down} ${apart}`);
  });
});
