/** MNIST's IDX files, gzipped and raw. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { gzipOfZeros, sparseFile } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';

const names = {
  images: 'train-images-idx3-ubyte.gz',
  labels: 'train-labels-idx1-ubyte.gz',
  testImages: 't10k-images-idx3-ubyte.gz',
  testLabels: 't10k-labels-idx1-ubyte.gz',
};
type Name = keyof typeof names;

/** Whatever the shape promises, `values` follow it. */
export function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x800 | shape.length);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, values]);
}

const image = 28 * 28;
const whole: Readonly<Record<Name, Buffer>> = {
  images: gzipSync(idx([3, 28, 28], Buffer.alloc(3 * image, 7))),
  labels: gzipSync(idx([3], Buffer.of(0, 1, 2))),
  testImages: gzipSync(idx([2, 28, 28], Buffer.alloc(2 * image, 9))),
  testLabels: gzipSync(idx([2], Buffer.of(3, 4))),
};

/** A small, whole MNIST. */
export function writeMnist(folder: string, changes: Partial<Record<Name, Uint8Array>> = {}): void {
  for (const [key, content] of Object.entries({ ...whole, ...changes }))
    writeFileSync(join(folder, names[key as Name]), content);
}

const withFile = (
  name: string,
  key: Name,
  content: (place: Place) => Uint8Array,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  make(place) {
    writeMnist(place.root, { [key]: content(place) });
    return dataset('mnist', place.root);
  },
});

/** In place of a gzipped file the raw one, which may be as long as it likes. */
const withSparse = (name: string, key: Name, start: Uint8Array, bytes: number): HostileCase => ({
  name,
  make({ root }) {
    writeMnist(root);
    const raw = names[key].replace('.gz', '');
    sparseFile(join(root, raw), start, bytes);
    writeFileSync(join(root, names[key]), ''); // the one with .gz is looked at first
    sparseFile(join(root, names[key]), start, bytes);
    return dataset('mnist', root);
  },
});

const gzipHeader = (flags: number): Buffer => Buffer.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3);
/** A gzip file whose header names a file and carries a comment. */
const named = (name: string): Buffer =>
  Buffer.concat([gzipHeader(0x18), Buffer.from(`${name}\0a comment\0`), whole.images.subarray(10)]);

export const gzipCases: readonly HostileCase[] = [
  withFile('images promised by the billion, zeros for a gigabyte', 'images', () =>
    gzipOfZeros(idx([0xffffffff, 28, 28], Buffer.alloc(0)), 1024),
  ),
  withFile('a gigabyte behind the last image', 'images', () =>
    gzipOfZeros(idx([3, 28, 28], Buffer.alloc(3 * image)), 1024),
  ),
  withFile('labels promised by the billion', 'labels', () =>
    gzipOfZeros(idx([0xffffffff], Buffer.alloc(0)), 1024),
  ),
  withFile('a gigabyte behind the last label', 'testLabels', () =>
    gzipOfZeros(idx([2], Buffer.alloc(2)), 1024),
  ),
  withFile('images of 4 billion rows', 'images', () =>
    gzipOfZeros(idx([1, 0xffffffff, 0xffffffff], Buffer.alloc(0)), 512),
  ),
  withFile('no image', 'testImages', () => gzipSync(idx([0, 28, 28], Buffer.alloc(0)))),
  withFile('sixty thousand images of which three came', 'images', () =>
    gzipSync(idx([60_000, 28, 28], Buffer.alloc(3 * image))),
  ),
  withFile('a label of 255', 'labels', () => gzipSync(idx([3], Buffer.of(0, 1, 255)))),
  withFile('fewer labels than images', 'labels', () => gzipSync(idx([1], Buffer.of(0)))),
  withFile('gzip inside gzip', 'images', () => gzipSync(whole.images)),
  withFile('what is no gzip at all', 'images', ({ random }) =>
    Buffer.from(Array.from({ length: 5000 }, () => 256 * random())),
  ),
  withFile('gzip cut in the middle', 'images', ({ random }) =>
    whole.images.subarray(0, 12 + Math.floor(random() * (whole.images.length - 20))),
  ),
  withFile('gzip with another checksum', 'images', () => {
    const bytes = Buffer.from(whole.images);
    bytes[bytes.length - 6]! ^= 1;
    return bytes;
  }),
  withFile(
    'gzip whose header names a file elsewhere',
    'images',
    ({ outside }) => named(join(outside, 'secret')),
    'harmless',
  ),
  withFile(
    'gzip whose header names ../../etc/passwd',
    'images',
    () => named('../../../../../../../etc/passwd'),
    'harmless',
  ),
  withFile('gzip whose name never ends', 'images', () =>
    Buffer.concat([gzipHeader(8), Buffer.alloc(32 << 20, 'n')]),
  ),
  withFile('a hundred thousand empty members', 'images', () => {
    const empty = gzipSync('');
    return Buffer.concat([...Array.from({ length: 100_000 }, () => empty), gzipOfZeros(Buffer.of(), 512)]);
  }),
  withFile('nothing', 'testImages', () => Buffer.alloc(0)),
  withSparse(
    'a file of 16 GB that is no gzip',
    'images',
    idx([60_000, 28, 28], Buffer.alloc(0)),
    16 * 2 ** 30,
  ),
  withSparse('a gzip of 16 GB, zeros behind its end', 'testLabels', whole.testLabels, 16 * 2 ** 30),
];
