/** CelebA's zip, and the file of its split. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { deflatedZeros, sparseFile } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';
import { rawZip, type RawEntry } from './raw-zip.ts';

export const portrait = (): Promise<Buffer> =>
  sharp({ create: { width: 178, height: 218, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
export const partition = ['000001.jpg 0', '000002.jpg 2', ''].join('\n');
const inFolder = (name: string): string => `img_align_celeba/${name}`;

const withZip = (
  name: string,
  zip: (first: RawEntry, second: RawEntry, place: Place) => Uint8Array,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  async make(place) {
    writeFileSync(join(place.root, 'list_eval_partition.txt'), partition);
    const content = await portrait();
    writeFileSync(
      join(place.root, 'img_align_celeba.zip'),
      zip({ name: inFolder('000001.jpg'), content }, { name: inFolder('000002.jpg'), content }, place),
    );
    return dataset('celeba', place.root);
  },
});
/** A whole zip with a further entry. */
const withEntry = (name: string, entry: (place: Place) => RawEntry): HostileCase =>
  withZip(name, (a, b, place) => rawZip([entry(place), a, b]));
/** The first image's content is another. */
const withContent = (
  name: string,
  content: Partial<RawEntry> & { readonly content: Uint8Array },
): HostileCase => withZip(name, (a, b) => rawZip([{ ...a, ...content }, b]));

const withPartition = (name: string, write: (path: string) => void): HostileCase => ({
  name,
  async make({ root }) {
    const content = await portrait();
    writeFileSync(
      join(root, 'img_align_celeba.zip'),
      rawZip(['000001.jpg', '000002.jpg'].map((image) => ({ name: inFolder(image), content }))),
    );
    write(join(root, 'list_eval_partition.txt'));
    return dataset('celeba', root);
  },
});

const text = Buffer.from('x');
const zip64 = (size: bigint): Buffer => {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(size, 4);
  extra.writeBigUInt64LE(size, 12);
  return extra;
};

export const zipCases: readonly HostileCase[] = [
  withEntry('an entry that climbs out', () => ({ name: '../../outside/written', content: text })),
  withEntry('an entry that climbs out behind its folder', () => ({
    name: 'img_align_celeba/../../../outside/000003.jpg',
    content: text,
  })),
  withEntry('an entry of an absolute name', ({ outside }) => ({
    name: join(outside, 'written'),
    content: text,
  })),
  withEntry('an entry that climbs out by backslashes', () => ({
    name: '..\\..\\outside\\written',
    content: text,
  })),
  withEntry('an entry of a drive', () => ({ name: 'C:/Windows/written', content: text })),
  withContent('a link in place of an image', {
    content: Buffer.from('../../outside/secret'),
    attributes: 0o120777 * 65536,
  }),
  withContent('a gigabyte in place of an image', {
    content: text,
    packed: deflatedZeros(1024),
    size: 2 ** 30,
  }),
  withContent('a gigabyte that says it is small', { content: text, packed: deflatedZeros(1024), size: 7000 }),
  withContent('an image that says 4 GB', { content: text, size: 0xfffffffe }),
  withContent('an image that says 16 EB', {
    content: text,
    size: 0xffffffff,
    packedSize: 0xffffffff,
    extra: zip64(2n ** 64n - 1n),
  }),
  withContent('another checksum', { content: Buffer.from('not an image'), crc: 1 }),
  withContent('an encrypted image', { content: Buffer.from('not an image'), flags: 1 }),
  withContent('an unknown method', { content: Buffer.from('not an image'), method: 99 }),
  withContent('an SVG in place of an image', {
    content: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="178" height="218"/>'),
  }),
  withZip('ten thousand entries that share a bomb', (a, b) =>
    rawZip([
      a,
      { ...b, packed: deflatedZeros(64), size: 64 << 20 },
      ...Array.from({ length: 10_000 }, (_, i): RawEntry => ({
        name: inFolder(`x${i}.jpg`),
        content: text,
        offset: 0,
        size: 64 << 20,
      })),
    ]),
  ),
  withZip('one name twice', (a, b) => rawZip([a, b, a])),
  withZip('one name in two folders', (a, b) => rawZip([a, b, { ...a, name: inFolder('inside/000001.jpg') }])),
  withZip(
    'NUL and right-to-left in names',
    (a, b) => rawZip([a, b, { name: inFolder('\u202egpj.exe\u0000.jpg'), content: text, flags: 0x800 }]),
    'harmless',
  ),
  withZip('cut in the middle', (a, b, { random }) => {
    const bytes = rawZip([a, b]);
    return bytes.subarray(0, Math.floor(bytes.length * (0.1 + 0.8 * random())));
  }),
  withZip('more entries than there are', (a, b) => rawZip([a, b], { count: 0xfffe })),
  withZip('a directory behind the end', (a, b) => rawZip([a, b], { directory: 0x7fffffff })),
  withZip('an end inside the comment', (a, b) =>
    rawZip([a, b], { comment: rawZip([{ name: inFolder('000001.jpg'), content: text }]) }),
  ),
  withPartition('a split of 16 GB', (path) => sparseFile(path, Buffer.from(partition), 16 * 2 ** 30)),
  withPartition('a split that names files elsewhere', (path) =>
    writeFileSync(path, '../../outside/secret 0\n/etc/passwd 2\n'),
  ),
];
