/** Hugging Face's parquet files of CIFAR-10. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { gzipOfZeros, sparseFile } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';
import { codecs, plainNumbers, plainTexts, rawParquet, snappyOf, type RawColumn } from './raw-parquet.ts';

const count = 12;
const png = (side: number): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 3, background: '#3579bd' } })
    .png()
    .toBuffer();
const image = await png(32);

const images = (
  page: Uint8Array = plainTexts(Array.from({ length: count }, () => image)),
  said: Partial<RawColumn> = {},
): RawColumn => ({ path: ['img', 'bytes'], type: 6, page, values: count, ...said });
const labels = (said: Partial<RawColumn> = {}): RawColumn => ({
  path: ['label'],
  type: 2,
  page: plainNumbers(Array.from({ length: count }, (_, i) => i % 10)),
  values: count,
  ...said,
});
export const wholeParquet = rawParquet([images(), labels()], { rows: count });

const [train, test] = ['train-00000-of-00001.parquet', 'test-00000-of-00001.parquet'];
const withFile = (
  name: string,
  content: (place: Place) => Uint8Array | Promise<Uint8Array>,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  async make(place) {
    writeFileSync(join(place.root, test), wholeParquet);
    writeFileSync(join(place.root, train), await content(place));
    return dataset('cifar10', place.root);
  },
});
const withColumns = (
  name: string,
  columns: () => readonly RawColumn[],
  lies: Parameters<typeof rawParquet>[1] = { rows: count },
  end?: HostileCase['end'],
): HostileCase => withFile(name, () => rawParquet(columns(), lies), end);
const gigabyte = 2 ** 30;

export const parquetCases: readonly HostileCase[] = [
  withColumns('a page that says it unpacks to two gigabytes', () => [
    images(snappyOf(1, 65), { codec: codecs.snappy, size: 0x7fffffff }),
    labels(),
  ]),
  withColumns(
    'a page of half a gigabyte, in a group that says it is small',
    () => [images(snappyOf(0, 1 + (512 << 20)), { codec: codecs.snappy, size: 1 + (512 << 20) }), labels()],
    { rows: count, groupSize: 1000 },
  ),
  withColumns('a page of half a gigabyte that says it is small', () => [
    images(snappyOf(0, 1 + (512 << 20), 1000), { codec: codecs.snappy, size: 1000 }),
    labels(),
  ]),
  withColumns('a gigabyte in gzip', () => [
    images(gzipOfZeros(Buffer.alloc(0), 1024), { codec: codecs.gzip, size: gigabyte }),
    labels(),
  ]),
  withColumns(
    'images packed by gzip, as they may be',
    () => [images(gzipSync(images().page), { codec: codecs.gzip, size: images().page.length }), labels()],
    { rows: count },
    'harmless',
  ),
  withColumns('an image that says it has 4 GB', () => [
    images(plainTexts([image], () => 0xfffffff0)),
    labels(),
  ]),
  withColumns('a page that says it has fewer bytes than it has', () => [
    images(undefined, { size: 10, packedSize: 10 }),
    labels(),
  ]),
  withColumns('a page below zero', () => [images(undefined, { size: -5, packedSize: -5 }), labels()]),
  withColumns('a page behind the file', () => [images(undefined, { offset: 2 ** 40 }), labels()]),
  withColumns('a page before the file', () => [images(undefined, { offset: -100 }), labels()]),
  withColumns('a column of two gigabytes, which are not there', () => [
    images(undefined, { columnSize: 2 ** 31 }),
    labels(),
  ]),
  withColumns('a column of 2^60 bytes', () => [images(undefined, { columnSize: 2n ** 60n }), labels()]),
  withColumns(
    'a column in a file outside',
    () => [images(undefined, { file: '../outside/secret' }), labels()],
    { rows: count },
    'harmless',
  ),
  withColumns('2^60 rows', () => [images(), labels()], { rows: 2n ** 60n }),
  withColumns('rows below zero', () => [images(), labels()], { rows: -12 }),
  withColumns('fifty thousand rows, of which there are twelve', () => [images(), labels()], { rows: 50_000 }),
  withColumns('labels that are none', () => [
    images(),
    labels({ page: plainNumbers(Array.from({ length: count }, () => 2 ** 40)) }),
  ]),
  withColumns('names that objects have of their own', () => [
    { ...images(), path: ['__proto__', 'bytes'] },
    labels(),
  ]),
  withColumns('numbers in place of images', () => [{ ...images(), type: 2 }, labels()]),
  withFile('an image of 2,000 x 2,000 pixels', async () =>
    rawParquet(
      [images(plainTexts([await png(2000), ...Array.from({ length: count - 1 }, () => image)])), labels()],
      { rows: count },
    ),
  ),
  withFile('an image that is an SVG with a link outside', ({ outside }) =>
    rawParquet(
      [
        images(
          plainTexts(
            Array.from({ length: count }, () =>
              Buffer.from(
                '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><image '
                  + `href="file://${outside}/secret" width="32" height="32"/></svg>`,
              ),
            ),
          ),
        ),
        labels(),
      ],
      { rows: count },
    ),
  ),
  withFile('a footer of 4 GB', () => rawParquet([images(), labels()], { rows: count, footer: 0xfffffff0 })),
  withFile('a footer of nothing', () => rawParquet([images(), labels()], { rows: count, footer: 0 })),
  withFile('cut in the middle', ({ random }) =>
    wholeParquet.subarray(0, Math.floor(wholeParquet.length * (0.1 + 0.8 * random()))),
  ),
  {
    name: 'a link that leads out',
    make({ root, outside }) {
      writeFileSync(join(root, test), wholeParquet);
      writeFileSync(join(outside, train), wholeParquet);
      symlinkSync(join(outside, train), join(root, train));
      return dataset('cifar10', root);
    },
  },
  {
    name: 'a file of 16 GB',
    make({ root }) {
      writeFileSync(join(root, test), wholeParquet);
      sparseFile(join(root, train), wholeParquet, 16 * 2 ** 30);
      return dataset('cifar10', root);
    },
  },
];
