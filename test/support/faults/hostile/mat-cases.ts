/** SVHN's MATLAB files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { matFile, matrixElement, uint8Array, type MatArray } from '../../mat-files.ts';
import { sparseFile, zlibOfZeros } from './bombs.ts';
import { dataset, type HostileCase, type Place } from './hostile-case.ts';

const count = 20;
const images = uint8Array('X', [32, 32, 3, count], new Uint8Array(count * 3072).fill(5));
const labels: MatArray = {
  name: 'y',
  shape: [count, 1],
  classCode: 9,
  storage: 2,
  values: new Uint8Array(count).fill(1),
};
export const wholeMat = matFile([images, labels]);
const header = wholeMat.subarray(0, 128);

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
};
const element = (type: number, bytes: Uint8Array, size = bytes.length): Buffer =>
  Buffer.concat([words(type, size), bytes]);
/** A compressed element. */
const compressed = (content: Uint8Array): Buffer => element(15, content);
/** A matrix whose tag claims `size` bytes, and whatever is in it. */
const claiming = (array: MatArray, size: number): Buffer => {
  const bytes = matrixElement(array);
  bytes.writeUInt32LE(size, 4);
  return bytes;
};

const withMat = (
  name: string,
  content: (place: Place) => Uint8Array,
  end?: HostileCase['end'],
): HostileCase => ({
  name,
  ...(end && { end }),
  make(place) {
    writeFileSync(join(place.root, 'test_32x32.mat'), wholeMat);
    writeFileSync(join(place.root, 'train_32x32.mat'), content(place));
    return dataset('svhn', place.root);
  },
});
const withElements = (name: string, ...elements: readonly (() => Uint8Array)[]): HostileCase =>
  withMat(name, () => Buffer.concat([header, ...elements.map((make) => make())]));
const withTrainFile = (name: string, trainFile: (place: Place) => string): HostileCase => ({
  name,
  make(place) {
    writeFileSync(join(place.root, 'test_32x32.mat'), wholeMat);
    writeFileSync(join(place.outside, 'train_32x32.mat'), wholeMat);
    return dataset('svhn', place.root, { trainFile: trainFile(place) });
  },
});

const x = (): Buffer => matrixElement(images);
const y = (): Buffer => matrixElement(labels);
const nested = (depth: number): Buffer => {
  let inner: Uint8Array = matrixElement(uint8Array('', [1, 1], Buffer.of(1)));
  for (let i = 0; i < depth; i++)
    inner = matrixElement({ name: '', shape: [1, 1], classCode: 1, storage: 14, values: inner });
  return Buffer.from(inner);
};

export const matCases: readonly HostileCase[] = [
  withTrainFile('a file named outside the folder', () => '../outside/train_32x32.mat'),
  withTrainFile('a file named outside the folder, by a way round', () => 'a/../../outside/train_32x32.mat'),
  withTrainFile('a file of an absolute name', ({ outside }) => join(outside, 'train_32x32.mat')),
  withTrainFile('a file with NUL in its name', () => 'train_32x32.mat\0.png'),
  withElements(
    'a gigabyte behind the images',
    () => compressed(zlibOfZeros(claiming(images, 0xfffffff0), 1024)),
    y,
  ),
  withElements('labels of a gigabyte', x, () =>
    compressed(zlibOfZeros(claiming({ ...labels, shape: [2 ** 30, 1] }, 0xfffffff0), 1024)),
  ),
  withElements(
    'labels twice, the first of them a bomb',
    x,
    () => compressed(zlibOfZeros(claiming({ ...labels, shape: [2 ** 30, 1] }, 0xfffffff0), 1024)),
    y,
  ),
  withElements('images twice', x, x, y),
  withElements('two billion images', () => matrixElement({ ...images, shape: [32, 32, 3, 0x7fffffff] }), y),
  withElements('images below zero', () => matrixElement({ ...images, shape: [32, 32, 3, 0xffffffff] }), y),
  withElements('dimensions by the ten thousand', () =>
    matrixElement({ ...images, shape: Array.from({ length: 50_000 }, () => 1) }),
  ),
  withElements('a name of megabytes', () => matrixElement({ ...images, name: 'X'.repeat(4 << 20) })),
  withElements('a name that climbs out', () => matrixElement({ ...images, name: '../../outside/X' })),
  withElements('a name with NUL', () => matrixElement({ ...images, name: 'X\0../../etc/passwd' })),
  withElements('images in a cell, a thousand deep', () => {
    const cell = nested(1000);
    cell.set(Buffer.from('X'), 0);
    return cell;
  }),
  withElements('a sparse array', () => matrixElement({ ...images, classCode: 5 }), y),
  withElements(
    'a hundred thousand variables',
    () =>
      Buffer.concat(
        Array.from({ length: 100_000 }, (_, i) => matrixElement(uint8Array(`v${i}`, [1, 1], Buffer.of(1)))),
      ),
    x,
    y,
  ),
  withElements(
    'a million empty elements',
    () => Buffer.concat(Array.from({ length: 1_000_000 }, () => words(14, 0))),
    x,
    y,
  ),
  withElements('complex labels', x, () => {
    const bytes = matrixElement(labels);
    bytes[17]! |= 8;
    return bytes;
  }),
  withElements('compressed data that are none', () => compressed(Buffer.alloc(5000, 0x78)), y),
  withElements(
    'compressed data inside compressed data',
    () => compressed(deflateSync(compressed(deflateSync(x())))),
    y,
  ),
  withElements('an element that goes on behind the file', () => claiming(images, 0xfffffff0)),
  withMat('version 7.3', () => {
    const bytes = Buffer.from(wholeMat);
    bytes.writeUInt16LE(0x0200, 124);
    return bytes;
  }),
  withMat('cut in the middle', ({ random }) =>
    wholeMat.subarray(0, 130 + Math.floor(random() * (wholeMat.length - 200))),
  ),
  {
    name: 'a file of 16 GB',
    make({ root }) {
      writeFileSync(join(root, 'test_32x32.mat'), wholeMat);
      sparseFile(join(root, 'train_32x32.mat'), Buffer.concat([header, x(), y()]), 16 * 2 ** 30);
      return dataset('svhn', root);
    },
  },
];
