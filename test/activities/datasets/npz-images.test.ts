import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { zipSync } from 'fflate';
import { shareOf } from '../../../activities/datasets/folder.ts';
import { openNpz } from '../../../activities/datasets/npz-images.ts';
import { collect } from '../../support/collect.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runPython, skipWithout } from '../../support/python.ts';

const root = temporaryFolder('npz');
const options = { file: null, array: 'arr_0', size: 8, channels: 3, heldOut: 0.2 } as const;
const refused =
  (error: string, ...rules: RegExp[]) =>
  (thrown: Error): boolean =>
    thrown.name === error
    && rules.every((rule) => rule.test(thrown.message))
    && !thrown.message.includes('\n');

const count = 40;
const images = Uint8Array.from({ length: count * 192 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 24);
function npy(shape: string, values: Uint8Array, type = '|u1', fortran = 'False'): Buffer {
  const header =
    `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`.padEnd(117) + '\n';
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\0', 'latin1'),
    Buffer.of(header.length & 255, header.length >> 8),
    Buffer.from(header),
    values,
  ]);
}
const good = npy(`${count}, 8, 8, 3`, images);
function folderWith(arrays: Record<string, Uint8Array>, name = 'samples.npz'): string {
  const folder = mkdtempSync(join(root, 'data-'));
  writeFileSync(
    join(folder, name),
    zipSync(Object.fromEntries(Object.entries(arrays).map(([array, bytes]) => [`${array}.npy`, bytes]))),
  );
  return folder;
}
/** Image numbers of each half, by the rule of the card. */
const numbers = (isHeld: boolean): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => shareOf(String(i)) < 0.2 === isHeld);
const chosen = (isHeld: boolean): Buffer =>
  Buffer.concat(numbers(isHeld).map((i) => images.subarray(192 * i, 192 * (i + 1))));

describe('an archive of images', () => {
  test('is split by the numbers of its images, pixels as they are', async () => {
    const {
      train,
      test: held,
      shape,
      source,
      labelled,
      remarks,
    } = await openNpz(folderWith({ arr_0: good, arr_1: npy('40,', new Uint8Array(40)) }), options);
    assert.deepEqual(
      [train.count, held.count, shape, labelled],
      [numbers(false).length, numbers(true).length, [8, 8, 3], false],
    );
    assert.deepEqual(Buffer.concat(await collect(train.images())), chosen(false));
    assert.deepEqual(Buffer.concat(await collect(held.images())), chosen(true));
    assert.match(
      `${source}; ${remarks().join()}`,
      /images of the archive samples\.npz, 8 x 8; Other arrays of the file were left out: arr_1/,
    );
  });

  test('is refused with what it holds, or with what it is', async () => {
    const cases: [Record<string, Uint8Array>, RegExp][] = [
      [
        { arr_0: npy('40, 8, 8, 1', images.subarray(0, 2560)) },
        /\[N,8,8,3\], and its arr_0 is \[40,8,8,1\].*dataset\.channels/,
      ],
      [{ arr_0: npy('40, 192', images) }, /its arr_0 is \[40,192\]/],
      [
        { images: good },
        /should hold the array arr_0, and holds images\. Name another with --set dataset\.array=NAME/,
      ],
      [{ arr_0: npy('40, 8, 8, 3', images, '<f4') }, /array of uint8 in C order, and its header is .*<f4/],
      [{ arr_0: npy('40, 8, 8, 3', images, '|u1', 'True') }, /array of uint8 in C order/],
    ];
    for (const [arrays, rule] of cases)
      await assert.rejects(openNpz(folderWith(arrays), options), refused('BadInputError', rule));
    const pointer = folderWith({});
    writeFileSync(join(pointer, 'samples.npz'), 'version https://git-lfs.github.com/spec/v1\n');
    await assert.rejects(openNpz(pointer, options), refused('BadInputError', /Git LFS pointer/));
  });

  test('that is cut short, goes on, or has changed is refused while it is read', async () => {
    const read = async (folder: string): Promise<unknown> =>
      collect((await openNpz(folder, options)).train.images());
    await assert.rejects(
      read(folderWith({ arr_0: good.subarray(0, good.length - 1) })),
      refused('BadInputError', /is no whole \.npz file/),
    );
    await assert.rejects(
      read(folderWith({ arr_0: Buffer.concat([good, Buffer.of(0)]) })),
      refused('BadInputError', /goes on behind its 7680 values/),
    );
    const folder = mkdtempSync(join(root, 'data-'));
    const stored = Buffer.from(zipSync({ 'arr_0.npy': good }, { level: 0 }));
    stored[stored.indexOf(images.subarray(0, 50)) + 20]! ^= 1;
    writeFileSync(join(folder, 'a.npz'), stored);
    await assert.rejects(read(folder), refused('BadInputError', /the checksum of arr_0\.npy is wrong/));
  });

  test('is asked for by name where there are several, or none', async () => {
    const folder = folderWith({ arr_0: good });
    writeFileSync(join(folder, 'other.npz'), '');
    await assert.rejects(
      openNpz(folder, options),
      refused(
        'MissingDataError',
        /one \.npz file, and holds 2 \(other\.npz, samples\.npz\)\. Name it with --set dataset\.file=NAME/,
      ),
    );
    assert.equal(
      (await openNpz(folder, { ...options, file: 'samples.npz' })).train.count,
      numbers(false).length,
    );
    await assert.rejects(
      openNpz(mkdtempSync(join(root, 'empty-')), options),
      refused('MissingDataError', /holds none/),
    );
  });
});

test("numpy's own archives are read, compressed or not", { skip: skipWithout('numpy') }, async () => {
  const folder = mkdtempSync(join(root, 'numpy-'));
  runPython([
    '-c',
    `
import sys, numpy
i = numpy.arange(${count * 192}, dtype=numpy.uint64) + 1
images = (((i * 0x9e3779b1) & 0xffffffff) >> 24).astype(numpy.uint8).reshape(${count}, 8, 8, 3)
numpy.savez(sys.argv[1] + '/plain.npz', images, numpy.arange(${count}))
numpy.savez_compressed(sys.argv[1] + '/packed.npz', images)`,
    folder,
  ]);
  for (const file of ['plain.npz', 'packed.npz']) {
    const { train, test: held } = await openNpz(folder, { ...options, file });
    assert.deepEqual(
      [Buffer.concat(await collect(train.images())), Buffer.concat(await collect(held.images()))],
      [chosen(false), chosen(true)],
      file,
    );
  }
});
