import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ImageSplit } from '../../../activities/datasets/image-source.ts';
import { openMnist } from '../../../activities/datasets/mnist.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const root = temporaryFolder('mnist');
const partial = { padValue: 0, allowPartial: true };
const imagesOf = async (split: ImageSplit): Promise<Buffer> => Buffer.concat(await collect(split.images()));
const refused = (error: string, ...rules: RegExp[]) => (thrown: Error): boolean =>
  thrown.name === error && rules.every((rule) => rule.test(thrown.message)) && !thrown.message.includes('\n');

function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [size >>> 24, size >>> 16 & 255, size >>> 8 & 255, size & 255])]);
  return Buffer.concat([header, values]);
}
const digits = (count: number): Buffer => idx([count, 28, 28], Uint8Array.from({ length: 784 * count }, (_, i) => i % 251 + 1));
const labels = (count: number): Buffer => idx([count], Uint8Array.from({ length: count }, (_, i) => i % 10));
const small = (): Record<string, Buffer> => ({
  'train-images-idx3-ubyte': digits(12), 'train-labels-idx1-ubyte': labels(12), 't10k-images-idx3-ubyte': digits(3), 't10k-labels-idx1-ubyte': labels(3),
});
function folderWith(files: Record<string, Uint8Array>, zipped = false): string {
  const folder = mkdtempSync(join(root, 'data-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, zipped ? `${name}.gz` : name), zipped ? gzipSync(bytes) : bytes);
  return folder;
}

describe('MNIST files', () => {
  for (const zipped of [false, true]) {
    test(`${zipped ? 'gzipped' : 'raw'} become images of 32 x 32 with the digit in the middle, and labels`, async () => {
      const { train, test: held, shape, inputs } = await openMnist(folderWith(small(), zipped), { ...partial, padValue: 200 });
      assert.deepEqual([train.count, held.count, shape], [12, 3, [32, 32, 1]]);
      assert.equal(inputs[0]!.name, `train-images-idx3-ubyte${zipped ? '.gz' : ''}`);
      const images = await imagesOf(train);
      for (const n of [0, 11]) for (let row = 0; row < 32; row++) for (let column = 0; column < 32; column++) {
        const inside = row >= 2 && row < 30 && column >= 2 && column < 30;
        const expected = inside ? (784 * n + 28 * (row - 2) + column - 2) % 251 + 1 : 200;
        assert.equal(images[1024 * n + 32 * row + column], expected, `image ${n} at ${row}, ${column}`);
      }
      assert.deepEqual([...(await train.labels())!], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    });
  }

  const cases: [what: string, change: Record<string, Uint8Array>, error: string, ...rules: RegExp[]][] = [
    ['cut short', { 'train-images-idx3-ubyte': digits(12).subarray(0, 5000) }, 'BadInputError', /train-images-idx3-ubyte is cut short: it should go on for 9408 bytes, and ends after 4984/, /Download/],
    ['with bytes too many', { 't10k-images-idx3-ubyte': Buffer.concat([digits(3), Buffer.alloc(1)]) }, 'BadInputError', /should end after the 2352 values/],
    ['that are no IDX files', { 'train-images-idx3-ubyte': Buffer.from('<html>this is no data set</html>') }, 'BadInputError', /begin with 0x00000803/, /begins with 0x3c68746d/],
    ['of images and labels in each other\'s place', { 'train-images-idx3-ubyte': labels(12) }, 'BadInputError', /begin with 0x00000803/, /0x00000801/],
    ['with fewer labels than images', { 'train-labels-idx1-ubyte': labels(11) }, 'BadInputError', /12 labels, one an image, and holds 11/],
    ['of another size', { 'train-images-idx3-ubyte': idx([1, 20, 20], new Uint8Array(400)) }, 'BadInputError', /28 x 28, and holds \[1,20,20\]/],
  ];
  for (const [what, change, error, ...rules] of cases) {
    test(`${what} are refused`, async () => assert.rejects(openMnist(folderWith({ ...small(), ...change }), partial), refused(error, ...rules)));
  }

  test('gzipped and cut short are refused, whether in the middle or in the checksum', async () => {
    const folder = folderWith(small(), true);
    const whole = gzipSync(digits(12));
    for (const cut of [whole.length - 4, whole.length >> 1, 12]) {
      writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), whole.subarray(0, cut));
      await assert.rejects(openMnist(folder, partial), refused('BadInputError', /train-images-idx3-ubyte\.gz is cut short/));
    }
  });

  test('that are missing or too few are refused, unless a part is accepted', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...rest } = small();
    await assert.rejects(openMnist(folderWith(rest), partial), refused('MissingDataError', /t10k-labels-idx1-ubyte\.gz is missing/, /--download/));
    await assert.rejects(openMnist(folderWith(small()), { ...partial, allowPartial: false }), refused('MissingDataError', /holds 12 \+ 3/, /dataset\.allowPartial=true/));
  });

  test('with a label over 9 are refused with its place', async () => {
    const { train } = await openMnist(folderWith({ ...small(), 'train-labels-idx1-ubyte': idx([12], Uint8Array.from({ length: 12 }, (_, i) => i === 7 ? 10 : 0)) }), partial);
    await assert.rejects(train.labels(), refused('BadInputError', /label 7: a label is 0 to 9, got 10/));
  });
});

const real = sharedData('mnist');
test('the real MNIST is whole: 60,000 and 10,000 images with their published mean', { skip: skipWithout(real) }, async () => {
  const { train, test: held, partial: isPartial } = await openMnist(real, { padValue: 0, allowPartial: false });
  assert.deepEqual([train.count, held.count, isPartial], [60_000, 10_000, false]);
  let sum = 0;
  for await (const images of train.images()) for (const value of images) sum += value;
  // 0.1307 of 255 over the 28 x 28 pixels, as every loader's normalisation has it
  assert.ok(Math.abs(sum / (60_000 * 784) / 255 - 0.1307) < 5e-5, `${sum / (60_000 * 784) / 255}`);
  const labels = (await train.labels())!;
  assert.deepEqual([labels.length, [...labels.subarray(0, 5)]], [60_000, [5, 0, 4, 1, 9]]);
});
