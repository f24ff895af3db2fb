import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import type { DatasetCard } from '../../../activities/datasets/dataset-card.ts';
import { openFolder, shareOf } from '../../../activities/datasets/folder.ts';
import type { ImageSplit } from '../../../activities/datasets/image-source.ts';
import { openImages, prepareImages } from '../../../activities/datasets/prepare.ts';
import { datasetSchema } from '../../../activities/config/dataset-config.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';

const root = temporaryFolder('folder');
const config = datasetSchema.parse({ kind: 'folder', size: 8, channels: 3, heldOut: 0.3 }) as Extract<
  ReturnType<typeof datasetSchema.parse>,
  { kind: 'folder' }
>;
const png = (value: number): Promise<Buffer> =>
  sharp({ create: { width: 12, height: 10, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toBuffer();
const valuesOf = async (split: ImageSplit): Promise<number[]> =>
  (await collect(split.images())).map((image) => image[0]!);
const silent = { signal: new AbortController().signal, onProgress: () => undefined };

/** Forty images in two folders, each of a grey level of its own. */
async function folderOfImages(): Promise<string> {
  const folder = mkdtempSync(join(root, 'images-'));
  for (const [i, inside] of ['a', 'b/c'].entries()) {
    mkdirSync(join(folder, inside), { recursive: true });
    for (let n = 0; n < 20; n++) writeFileSync(join(folder, inside, `${n}.png`), await png(100 * i + n));
  }
  writeFileSync(join(folder, 'README.md'), 'no image');
  writeFileSync(join(folder, '.hidden.png'), 'no image');
  return folder;
}

describe('a folder of images', () => {
  test('is split by the hashes of the names, so that other images change nothing', async () => {
    const folder = await folderOfImages();
    const first = await openFolder(folder, config);
    const names = ['a/0.png', 'b/c/7.png', 'a/11.png'];
    for (const name of names)
      assert.equal(
        shareOf(name),
        Number.parseInt(createHash('sha256').update(name).digest('hex').slice(0, 8), 16) / 2 ** 32,
      );
    const held = await valuesOf(first.test);
    const train = await valuesOf(first.train);
    assert.equal(held.length + train.length, 40);
    assert.ok(held.length >= 5 && held.length <= 20, `${held.length} of 40 held out`);
    assert.equal(new Set([...held, ...train]).size, 40);
    rmSync(join(folder, 'a', '3.png'));
    const second = await openFolder(folder, config);
    assert.deepEqual(
      await valuesOf(second.test),
      held.filter((value) => value !== 3),
    );
    assert.deepEqual(
      await valuesOf(second.train),
      train.filter((value) => value !== 3),
    );
  });

  test('is read in the order of the names, whatever finishes first', async () => {
    const folder = await folderOfImages();
    writeFileSync(
      join(folder, 'a', '0.png'),
      await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#000000' } })
        .png()
        .toBuffer(),
    ); // slow
    const { train, test: held } = await openFolder(folder, config);
    const wanted = ['a', 'b/c']
      .flatMap((inside, i) =>
        Array.from({ length: 20 }, (_, n) => [`${inside}/${n}.png`, 100 * i + n] as const),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(
      await valuesOf(train),
      wanted.filter(([name]) => shareOf(name) >= 0.3).map(([, value]) => value),
    );
    assert.deepEqual(
      await valuesOf(held),
      wanted.filter(([name]) => shareOf(name) < 0.3).map(([, value]) => value),
    );
  });

  test(
    'with a damaged image is refused with its name and the remedy, or the image is left out and '
      + 'counted in the card',
    async () => {
      const folder = await folderOfImages();
      writeFileSync(join(folder, 'a', '5.png'), (await png(5)).subarray(0, 60));
      const refusing = await openFolder(folder, config);
      await assert.rejects(
        Promise.all([valuesOf(refusing.train), valuesOf(refusing.test)]),
        (error: Error) =>
          error.name === 'BadInputError'
          && /^a\/5\.png cannot be read .* --set dataset\.onBadImage=skip\.$/.test(error.message),
      );
      const skipping = { ...config, onBadImage: 'skip' } as const;
      const prepared = await prepareImages(
        skipping,
        await openFolder(folder, skipping),
        [],
        mkdtempSync(join(root, 'scratch-')),
        silent,
      );
      assert.equal(prepared.trainCount + prepared.testCount, 39);
      const card = JSON.parse(readFileSync(prepared.card, 'utf8')) as DatasetCard;
      assert.deepEqual([card.counts.train + card.counts.test, card.labels], [39, false]);
      assert.match(
        card.remarks.join(' '),
        /1 files that are no images by their names were left out\. 1 images could not be read and were left out\. a\/5\.png cannot be read/,
      );
      assert.match(card.decoder!, /^libvips \d/);
    },
  );

  test('says what it left out, with counts and a few names, for the card and for people', async () => {
    const folder = await folderOfImages();
    rmSync(join(folder, 'README.md'));
    const none = await openFolder(folder, config);
    await valuesOf(none.train);
    assert.deepEqual(
      none.notes!().filter(({ what }) => what === 'left-out'),
      [],
    );
    writeFileSync(join(folder, 'a', '5.png'), 'no image');
    for (let n = 0; n < 5; n++) writeFileSync(join(folder, 'b', `${n}.ppm`), 'P6 1 1 255 abc');
    for (const name of ['Thumbs.db', 'labels.csv', 'LICENCE']) writeFileSync(join(folder, name), '');
    symlinkSync('b', join(folder, 'd'));
    symlinkSync('gone.png', join(folder, 'e.png'));
    symlinkSync('a/1.png', join(folder, 'one.png'));
    const skipping = { ...config, onBadImage: 'skip' } as const;
    const prepared = await prepareImages(
      skipping,
      await openFolder(folder, skipping),
      [],
      mkdtempSync(join(root, 'scratch-')),
      silent,
    );
    assert.equal(prepared.trainCount + prepared.testCount, 39, 'one.png is a/1.png, and taken once');
    const { what, sentence, details } = prepared.notes![0]!;
    assert.deepEqual([what, details], ['left-out', { otherFiles: 8, unreadable: 1, links: 3 }]);
    assert.equal(
      sentence.replace(/^Left out of the folder images-\w+: /, ''),
      '5 pictures of formats that are not read (.ppm: b/0.ppm, b/1.ppm, b/2.ppm, ...; convert to PNG '
        + 'what is to be taken), '
        + '3 files that are no images by their names (1 without an ending: LICENCE; 1 .db: Thumbs.db; '
        + '1 .csv: labels.csv), 1 image that could not be read (a/5.png), '
        + '1 link or device with no file behind it (e.png), 2 links to what is taken by another name '
        + '(d: b, one.png: a/1.png).',
    );
    const card = JSON.parse(readFileSync(prepared.card, 'utf8')) as DatasetCard;
    assert.ok(card.remarks.includes(sentence));
  });

  test(
    'of grey images alone has one channel, however they are stored, and three where any has colours or '
      + 'where that is asked for',
    async () => {
      const folder = await folderOfImages(); // grey levels, stored as colours
      writeFileSync(
        join(folder, 'a', '0.jpg'),
        await sharp({ create: { width: 20, height: 20, channels: 3, background: '#707070' } })
          .jpeg()
          .toBuffer(),
      );
      writeFileSync(
        join(folder, 'a', '1.webp'),
        await sharp({
          create: { width: 20, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } },
        })
          .webp({ lossless: true })
          .toBuffer(),
      );
      writeFileSync(join(folder, 'broken.png'), 'no image');
      const asked = { ...config, onBadImage: 'skip' } as const;
      const prepare = async (channels: 1 | 3 | 'auto') =>
        prepareImages(
          { ...asked, channels },
          await openFolder(folder, { ...asked, channels }),
          [],
          mkdtempSync(join(root, 'scratch-')),
          silent,
        );
      const own = await prepare('auto');
      assert.deepEqual([own.shape, own.source.endsWith('8 x 8, grey')], [[8, 8, 1], true]);
      assert.ok(own.preprocessing!.includes('All images are grey, and have one channel.'));
      assert.equal(
        own.notes!.some(({ what }) => what === 'noted'),
        false,
      );
      const tripled = await prepare(3);
      assert.deepEqual(tripled.shape, [8, 8, 3]);
      assert.match(
        tripled.notes!.at(-1)!.sentence,
        /^All 42 images are grey, and each value is there three times, as asked: bits\/dim of copies is no bits\/dim/,
      );
      assert.ok(
        (JSON.parse(readFileSync(tripled.card, 'utf8')) as DatasetCard).remarks.includes(
          tripled.notes!.at(-1)!.sentence,
        ),
      );
      const large = join(folder, 'large.png'); // grey, and too large to be looked at twice
      writeFileSync(
        large,
        await sharp({ create: { width: 4100, height: 4000, channels: 3, background: '#707070' } })
          .png()
          .toBuffer(),
      );
      const unseen = await prepare('auto');
      assert.deepEqual(unseen.shape, [8, 8, 3]);
      assert.match(
        unseen.notes!.at(-1)!.sentence,
        /^All 43 images are grey, and each value is there three times, for pictures of more than 16 megapixels are not looked at before they are taken: bits/,
      );
      rmSync(large);
      writeFileSync(
        join(folder, 'z.png'),
        await sharp({ create: { width: 20, height: 20, channels: 3, background: '#707170' } })
          .png()
          .toBuffer(),
      );
      const coloured = await prepare('auto');
      assert.deepEqual(
        [coloured.shape, coloured.notes!.some(({ what }) => what === 'noted')],
        [[8, 8, 3], false],
      );
      assert.ok(
        (JSON.parse(readFileSync(coloured.card, 'utf8')) as DatasetCard).remarks.includes(
          '42 of the 43 images are grey, in three equal channels.',
        ),
      );
    },
  );

  test('of nothing but damaged images is refused, also where such images are left out', async () => {
    const folder = mkdtempSync(join(root, 'damaged-'));
    for (let n = 0; n < 20; n++) writeFileSync(join(folder, `${n}.png`), 'no image');
    const skipping = { ...config, onBadImage: 'skip' } as const;
    await assert.rejects(
      prepareImages(
        skipping,
        await openFolder(folder, skipping),
        [],
        mkdtempSync(join(root, 'scratch-')),
        silent,
      ),
      (error: Error) =>
        error.name === 'BadInputError'
        && /none of \d+ of them \(\d+\.png \.\.\.\) can be read\. Add images that can\.$/.test(error.message),
    );
  });

  test('obeys its size, channels, share and limit of pixels', async () => {
    const folder = await folderOfImages();
    const image = async (changes: object): Promise<Uint8Array> =>
      (await collect((await openFolder(folder, { ...config, ...changes })).train.images()))[0]!;
    assert.equal((await image({})).length, 8 * 8 * 3);
    assert.equal((await image({ size: 16 })).length, 16 * 16 * 3);
    assert.equal((await image({ channels: 1 })).length, 8 * 8);
    assert.ok(
      (await openFolder(folder, { ...config, heldOut: 0.5 })).test.count
        > (await openFolder(folder, { ...config, heldOut: 0.1 })).test.count,
      'a larger share holds out more',
    );
    await assert.rejects(image({ maxPixels: 119 }), /pixel limit/);
  });

  test('of more than 2 GiB of pixels is taken: its images are read one by one', async () => {
    const folder = mkdtempSync(join(root, 'large-'));
    for (let n = 0; n < 11_000; n++) writeFileSync(join(folder, `${n}.png`), '');
    const { train, shape } = await openImages({ ...config, size: 256, heldOut: 0.001 }, folder);
    assert.ok(train.count * shape.reduce((a, b) => a * b, 1) > 2 ** 31, `${train.count} images of ${shape}`);
  });

  test('without enough images is refused with what it holds', async () => {
    const empty = mkdtempSync(join(root, 'empty-'));
    await assert.rejects(openFolder(empty, config), {
      name: 'MissingDataError',
      message: /it holds 0 and 0\. Add images/,
    });
    await assert.rejects(openFolder(join(empty, 'nowhere'), config), {
      name: 'MissingDataError',
      message: /cannot be read \(ENOENT/,
    });
  });
});
