import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { decodeImage, type DecodeOptions } from '../../../activities/datasets/decode-image.ts';
import { sharedData, skipWithout } from '../../support/shared-data.ts';

const options: DecodeOptions = { shape: [16, 16, 3], kernel: 'linear', maxPixels: 1_000_000, crop: null };
const pixel = (image: Uint8Array, row: number, column: number): number[] => [
  ...image.subarray((row * 16 + column) * 3, (row * 16 + column) * 3 + 3),
];
const near = (found: readonly number[], wanted: readonly number[], within: number, what = ''): void =>
  assert.ok(
    found.length === wanted.length && found.every((value, i) => Math.abs(value - wanted[i]!) <= within),
    `${what} ${found} should be ${wanted} within ${within}`,
  );

/** Left half red, right half blue. */
const halves = (width = 64, height = 64): Sharp => {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels[3 * i + (i % width < width / 2 ? 0 : 2)] = 255;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};
const [red, blue, white] = [
  [255, 0, 0],
  [0, 0, 255],
  [255, 255, 255],
] as const;

describe('an image file of any kind becomes bytes of one size', () => {
  test('with its EXIF orientation applied', async () => {
    const turned = await decodeImage(
      'turned',
      await halves()
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
      options,
    );
    near(pixel(turned, 2, 8), red, 8, 'top');
    near(pixel(turned, 13, 8), blue, 8, 'bottom');
  });

  test('of its central square, its shorter side resized', async () => {
    // 64 of 192 columns: all of them in the middle third
    const strip = new Uint8Array(192 * 64 * 3).map((_, i) => {
      const column = Math.floor(i / 3) % 192;
      return i % 3 === (column >= 64 && column < 128 ? 1 : 0) ? 255 : 0;
    });
    const image = await decodeImage(
      'strip',
      await sharp(strip, { raw: { width: 192, height: 64, channels: 3 } })
        .png()
        .toBuffer(),
      options,
    );
    for (const column of [1, 14]) near(pixel(image, 8, column), [0, 255, 0], 0);
    assert.ok(
      pixel(image, 8, 0)[1]! > 200,
      'the outermost column is made of the square, and a little of its neighbours',
    );
  });

  test('with transparency over white, CMYK and grey as colours, and 16 bits cut to 8', async () => {
    const clear = await sharp({
      create: { width: 32, height: 32, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    near(pixel(await decodeImage('clear', clear, options), 8, 8), white, 0);
    const cmyk = await halves()
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    assert.equal((await sharp(cmyk).metadata()).space, 'cmyk');
    const colours = await decodeImage('cmyk', cmyk, options);
    assert.ok(
      pixel(colours, 8, 2)[0]! > 180 && pixel(colours, 8, 2)[2]! < 80,
      `red is ${pixel(colours, 8, 2)}`,
    );
    const grey = await sharp(new Uint8Array(32 * 32).fill(90), {
      raw: { width: 32, height: 32, channels: 1 },
    })
      .png()
      .toBuffer();
    near(pixel(await decodeImage('grey', grey, options), 3, 3), [90, 90, 90], 0);
    const deep = await sharp(
      Uint16Array.from({ length: 32 * 32 * 3 }, (_, i) => [0x1234, 0x80ff, 0xfffe][i % 3]!),
      { raw: { width: 32, height: 32, channels: 3 } },
    )
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    assert.equal((await sharp(deep).metadata()).depth, 'ushort');
    near(pixel(await decodeImage('deep', deep, options), 3, 3), [0x12, 0x80, 0xff], 0);
  });

  test('in one channel where that is asked for', async () => {
    const image = await decodeImage('halves', await halves().png().toBuffer(), {
      ...options,
      shape: [16, 16, 1],
    });
    assert.equal(image.length, 256);
    assert.ok(image[0]! > image[15]!, `red (${image[0]}) is lighter than blue (${image[15]})`);
  });

  test('of its first frame where it has several', async () => {
    const frames = Buffer.concat([await halves(32, 32).raw().toBuffer(), Buffer.alloc(32 * 32 * 3, 255)]);
    const animated = await sharp(frames, { raw: { width: 32, height: 64, channels: 3, pageHeight: 32 } })
      .webp({ lossless: true, loop: 0, delay: [100, 100] })
      .toBuffer();
    assert.equal((await sharp(animated).metadata()).pages, 2);
    near(pixel(await decodeImage('animated', animated, options), 8, 2), red, 0);
  });

  test('the kernels differ, and none turns a ramp into anything but a ramp', async () => {
    const ramp = await sharp(
      Uint8Array.from({ length: 128 * 128 }, (_, i) => (i % 128) + 60),
      { raw: { width: 128, height: 128, channels: 1 } },
    )
      .png()
      .toBuffer();
    const noise = await sharp(
      Uint8Array.from({ length: 128 * 128 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24),
      { raw: { width: 128, height: 128, channels: 1 } },
    )
      .png()
      .toBuffer();
    const seen = new Set<string>();
    for (const kernel of ['pillow-bilinear', 'linear', 'cubic', 'lanczos3'] as const) {
      const image = await decodeImage('ramp', ramp, { ...options, shape: [16, 16, 1], kernel });
      // the mean of 8 columns: 60 + 8 i + 3.5; the outermost see the edge
      for (let column = 2; column < 14; column++)
        assert.ok(
          Math.abs(image[8 * 16 + column]! - (63.5 + 8 * column)) <= 1,
          `${kernel}, column ${column}: ${image[8 * 16 + column]}`,
        );
      seen.add(
        Buffer.from(await decodeImage('noise', noise, { ...options, shape: [16, 16, 1], kernel })).toString(
          'hex',
        ),
      );
    }
    assert.equal(seen.size, 4);
  });

  test('or is refused with its name: no image, cut short, too many pixels', async () => {
    const refused =
      (rule: RegExp) =>
      (error: Error): boolean =>
        error.name === 'BadInputError'
        && error.message.startsWith('a/b.jpg cannot be read as an image: ')
        && rule.test(error.message)
        && !error.message.includes('\n');
    const jpeg = await halves().jpeg().toBuffer();
    await assert.rejects(
      decodeImage('a/b.jpg', Buffer.from('no image'), options),
      refused(/unsupported image format/),
    );
    await assert.rejects(
      decodeImage('a/b.jpg', jpeg.subarray(0, jpeg.length * 0.7), options),
      refused(/premature end/),
    );
    await assert.rejects(
      decodeImage('a/b.jpg', await halves().png().toBuffer(), { ...options, maxPixels: 4095 }),
      refused(/pixel limit/),
    );
  });
});

/** Files that differ from the other decoder's verdict, and why. */
const differences: Readonly<Record<string, string>> = {
  'png-decompression-dos-pillow.png':
    'its bomb is a compressed comment; ours never inflates comments, and the pixels are whole',
};
const images = sharedData('formats', 'images');
for (const kernel of ['linear', 'pillow-bilinear'] as const)
  test(
    `43 odd images are each read or refused as another decoder judged, within 512 MB and 5 seconds: ${kernel}`,
    { skip: skipWithout(images) },
    async (t) => {
      const counts = { read: 0, refused: 0, differs: 0 };
      for (const [name, , , , verdict] of readFileSync(join(images, 'INDEX.tsv'), 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))) {
        if (name === undefined || verdict === undefined) continue;
        const startedAt = performance.now();
        const error = await decodeImage(name, readFileSync(join(images, name)), {
          ...options,
          kernel,
          maxPixels: 50_000_000,
        }).then(
          (image) => assert.equal(image.length, 768),
          (reason: Error) => reason,
        );
        const expected = (verdict === 'ok') !== name in differences;
        assert.equal(
          error === undefined,
          expected,
          `${name}: ${error?.message ?? 'read'}; the other decoder: ${verdict}`,
        );
        if (error) assert.ok(error.name === 'BadInputError' && error.message.startsWith(name), error.stack);
        assert.ok(performance.now() - startedAt < 5000, `${name} took ${performance.now() - startedAt} ms`);
        counts[error ? 'refused' : 'read'] += 1;
        counts.differs += Number(name in differences);
      }
      assert.ok(process.resourceUsage().maxRSS < 512 * 1024, `${process.resourceUsage().maxRSS} kB`);
      assert.equal(counts.read + counts.refused, 43);
      t.diagnostic(
        `read ${counts.read}, refused ${counts.refused}; unlike the other decoder ${counts.differs}: ${Object.entries(
          differences,
        )
          .map(([name, why]) => `${name} (${why})`)
          .join('; ')}`,
      );
    },
  );
