/** Image files, in a folder of good ones. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { sparseFile, zlibOfZeros } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';

/** Enough of them that both halves of the split have some. */
export async function writeImages(folder: string): Promise<void> {
  const image = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'olive' } })
    .png()
    .toBuffer();
  for (let i = 0; i < 3; i++) writeFileSync(join(folder, `good-${i}.png`), image);
}
export const halfHeldOut = { heldOut: 0.5, size: 8 };

const withImage = (
  name: string,
  file: string,
  content: (place: Place) => Uint8Array | Promise<Uint8Array>,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  async make(place) {
    await writeImages(place.root);
    writeFileSync(join(place.root, file), await content(place));
    return dataset('folder', place.root, halfHeldOut);
  },
});
const withText = (name: string, file: string, text: (place: Place) => string): HostileCase =>
  withImage(name, file, (place) => Buffer.from(text(place)));

const big = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
};
function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([big(data.length), body, big(crc32(body))]);
}
interface Png {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colour?: number;
  readonly interlaced?: boolean;
  readonly before?: Buffer;
  readonly data: Uint8Array;
}
const png = ({
  width,
  height,
  depth = 8,
  colour = 2,
  interlaced = false,
  before = Buffer.alloc(0),
  data,
}: Png): Buffer =>
  Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.concat([big(width, height), Buffer.of(depth, colour, 0, 0, Number(interlaced))])),
    before,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
const little = deflateSync(Buffer.alloc(16 * 49));
const gif = (width: number, height: number, frames: number): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt16LE(width);
  size.writeUInt16LE(height, 2);
  const frame = Buffer.concat([
    Buffer.of(0x2c, 0, 0, 0, 0),
    size,
    Buffer.of(0x80, 0, 0, 0, 255, 255, 255, 2, 2, 0x4c, 1, 0),
  ]);
  return Buffer.concat([
    Buffer.from('GIF89a'),
    size,
    Buffer.of(0, 0, 0),
    ...Array.from({ length: frames }, () => frame),
    Buffer.of(0x3b),
  ]);
};
/** Little-endian, one IFD of [tag, type, count, value] at byte 8. */
function tiff(
  entries: readonly (readonly [tag: number, type: number, count: number, value: number])[],
  next = 0,
): Buffer {
  const bytes = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  bytes.write('II*\0');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], i) => {
    bytes.writeUInt16LE(tag, 10 + 12 * i);
    bytes.writeUInt16LE(type, 12 + 12 * i);
    bytes.writeUInt32LE(count, 14 + 12 * i);
    bytes.writeUInt32LE(value, 18 + 12 * i);
  });
  bytes.writeUInt32LE(next, bytes.length - 4);
  return bytes;
}
const tiffOf = (
  width: number,
  height: number,
  more: readonly (readonly [number, number, number, number])[] = [],
) =>
  [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [277, 3, 1, 1],
    ...more,
  ] as [number, number, number, number][];
const webp = (width: number, height: number): Buffer => {
  const body = Buffer.alloc(10);
  body.writeUIntLE(width - 1, 4, 3);
  body.writeUIntLE(height - 1, 7, 3);
  const riff = Buffer.concat([Buffer.from('WEBPVP8X'), Buffer.of(10, 0, 0, 0), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(riff.length);
  return Buffer.concat([Buffer.from('RIFF'), length, riff]);
};
const jpeg = async (width: number, height: number): Promise<Buffer> => {
  const bytes = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  const frame = bytes.indexOf(Buffer.of(0xff, 0xc0));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
};
/** A progressive JPEG whose last scan is repeated: each passes over the whole image. */
async function jpegOfScans(side: number, scans: number): Promise<Buffer> {
  const bytes = await sharp({ create: { width: side, height: side, channels: 3, background: 'red' } })
    .jpeg({ progressive: true })
    .toBuffer();
  const last = bytes.lastIndexOf(Buffer.of(0xff, 0xda));
  return Buffer.concat([
    bytes.subarray(0, last),
    ...Array.from({ length: scans }, () => bytes.subarray(last, -2)),
    Buffer.of(0xff, 0xd9),
  ]);
}
const svg = (body: string, head = ''): string =>
  `<?xml version="1.0"?>${head}<svg xmlns="http://www.w3.org/2000/svg" `
  + `xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">${body}</svg>`;
const entities = (deep: number): string =>
  '<!DOCTYPE svg [<!ENTITY a0 '
  + `"ha">${Array.from({ length: deep }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('')}]>`;
const uses = (deep: number): string =>
  '<defs><rect id="u0" width="9" '
  + `height="9"/>${Array.from({ length: deep }, (_, i) => `<g id="u${i + 1}">${`<use xlink:href="#u${i}"/>`.repeat(10)}</g>`).join('')}</defs><use `
  + `xlink:href="#u${deep}"/>`;

export const imageCases: readonly HostileCase[] = [
  withImage('a PNG of 10 gigapixels', 'x.png', () =>
    png({ width: 100_000, height: 100_000, data: zlibOfZeros(Buffer.alloc(0), 256) }),
  ),
  withImage('a PNG of 2^31 columns', 'x.png', () => png({ width: 0x7fffffff, height: 1, data: little })),
  withImage(
    'an interlaced PNG of 49 megapixels, 16 bits and transparent',
    'x.png',
    () =>
      png({
        width: 7000,
        height: 7000,
        depth: 16,
        colour: 6,
        interlaced: true,
        data: zlibOfZeros(Buffer.alloc(0), 448),
      }),
    'harmless',
  ),
  {
    name: 'three interlaced PNGs of 49 megapixels at once',
    end: 'harmless',
    make({ root }) {
      const bomb = png({
        width: 7000,
        height: 7000,
        interlaced: true,
        data: zlibOfZeros(Buffer.alloc(0), 192),
      });
      for (let i = 0; i < 3; i++) writeFileSync(join(root, `bomb-${i}.png`), bomb);
      return dataset('folder', root, { ...halfHeldOut, onBadImage: 'skip' });
    },
  },
  withImage(
    'a text chunk of a gigabyte',
    'x.png',
    () =>
      png({
        width: 7,
        height: 7,
        before: chunk('zTXt', Buffer.concat([Buffer.from('a\0\0'), zlibOfZeros(Buffer.alloc(0), 1024)])),
        data: little,
      }),
    'harmless',
  ),
  withImage(
    'a colour profile of a gigabyte',
    'x.png',
    () =>
      png({
        width: 7,
        height: 7,
        before: chunk('iCCP', Buffer.concat([Buffer.from('a\0\0'), zlibOfZeros(Buffer.alloc(0), 1024)])),
        data: little,
      }),
    'harmless',
  ),
  withImage('a PNG of less data than pixels', 'x.png', () => png({ width: 7, height: 700, data: little })),
  withImage('a GIF of 4 gigapixels', 'x.gif', () => gif(65_535, 65_535, 1)),
  withImage('a GIF of fifty thousand frames', 'x.gif', () => gif(64, 64, 50_000), 'harmless'),
  withImage('a WebP of 2^48 pixels', 'x.webp', () => webp(2 ** 24, 2 ** 24)),
  withImage('a TIFF of 16 exapixels', 'x.tif', () => tiff(tiffOf(0xffffffff, 0xffffffff))),
  withImage('a TIFF whose pages go round in a circle', 'x.tiff', () => tiff(tiffOf(8, 8), 8)),
  withImage('a TIFF of one strip of 4 GB', 'x.tif', () =>
    tiff(
      tiffOf(64, 64, [
        [273, 4, 1, 8],
        [278, 4, 1, 64],
        [279, 4, 1, 0xfffffff0],
      ]),
    ),
  ),
  withImage('a TIFF of strips by the billion', 'x.tif', () =>
    tiff(
      tiffOf(64, 64, [
        [273, 4, 0x3fffffff, 8],
        [278, 4, 1, 1],
        [279, 4, 0x3fffffff, 8],
      ]),
    ),
  ),
  withImage('a TIFF of a tile of 2^31 pixels', 'x.tif', () =>
    tiff(
      tiffOf(64, 64, [
        [322, 4, 1, 1 << 16],
        [323, 4, 1, 1 << 15],
        [324, 4, 1, 8],
        [325, 4, 1, 4096],
      ]),
    ),
  ),
  withImage('a JPEG of 4 gigapixels', 'x.jpg', () => jpeg(65_500, 65_500)),
  withImage('a JPEG of 49 megapixels that has the data of 256', 'x.jpg', () => jpeg(7000, 7000), 'harmless'),
  withImage(
    'a JPEG of a thousand scans over 16 megapixels',
    'x.jpg',
    () => jpegOfScans(4000, 1000),
    'harmless',
  ),
  withText('an SVG that shows a file elsewhere', 'x.png', ({ outside }) =>
    svg(`<image xlink:href="file://${join(outside, 'secret')}" width="64" height="64"/><text y="9">x</text>`),
  ),
  withText('an SVG that includes a file elsewhere', 'x.jpg', ({ outside }) =>
    svg(
      '<text xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" '
        + `href="file://${join(outside, 'secret')}"/></text>`,
    ),
  ),
  withText('an SVG with an entity from elsewhere', 'x.webp', ({ outside }) =>
    svg('<text y="20">&s;</text>', `<!DOCTYPE svg [<!ENTITY s SYSTEM "file://${join(outside, 'secret')}">]>`),
  ),
  withText('an SVG of a billion laughs', 'x.png', () => svg('<text>&a9;</text>', entities(9))),
  withText('an SVG that uses itself ten to the ninth times', 'x.gif', () => svg(uses(9))),
  withImage('a packed SVG', 'x.tif', ({ outside }) =>
    gzipSync(svg(`<image xlink:href="file://${join(outside, 'secret')}"/>`)),
  ),
  withText(
    'what ImageMagick would take for drawing commands',
    'x.png',
    ({ outside }) =>
      `push graphic-context\nviewbox 0 0 64 64\nimage over 0,0 0,0 `
      + `"file://${join(outside, 'secret')}"\npop graphic-context\n`,
  ),
  withText('a PPM of ten gigapixels', 'x.png', () => 'P6 100000 100000 255\n'),
  withText('a PDF', 'x.jpg', () => '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n'),
  withImage('nothing', 'x.avif', () => Buffer.alloc(0)),
  withImage('an AVIF cut in the middle', 'x.avif', async ({ random }) => {
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
      .avif()
      .toBuffer();
    return bytes.subarray(0, Math.floor(bytes.length * (0.2 + 0.6 * random())));
  }),
  {
    name: 'an image of 16 GB',
    async make({ root }) {
      await writeImages(root);
      sparseFile(join(root, 'x.jpg'), await jpeg(16, 16), 16 * 2 ** 30);
      return dataset('folder', root, halfHeldOut);
    },
  },
  {
    name: 'names of line feeds, options, and right-to-left',
    end: 'harmless',
    async make({ root }) {
      await writeImages(root);
      const image = await jpeg(16, 16);
      for (const name of [
        'a\nb.jpg',
        '-o.jpg',
        '%s%n.jpg',
        'x.jpg[page=1].jpg',
        '\u202egpj.jpg',
        '..jpg',
        'a\\..\\..\\b.jpg',
        `${'n'.repeat(250)}.jpg`,
      ])
        writeFileSync(join(root, name), image);
      return dataset('folder', root, halfHeldOut);
    },
  },
];
