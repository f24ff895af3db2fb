import assert from 'node:assert/strict';
import { closeSync, openSync, renameSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensorsHeader,
  takeArray,
} from '../../../activities/formats/safetensors.ts';
import { SafetensorsFile } from '../../../activities/formats/safetensors-file.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('safetensors');
const path = join(folder, 'x.safetensors');
const arrays = {
  weights: { shape: [2, 2], dtype: 'float32', values: Float32Array.of(1.5, -2, Infinity, -0) },
  counts: { shape: [3], dtype: 'int32', values: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  scalar: { shape: [], dtype: 'float32', values: Float32Array.of(0.1) },
  empty: { shape: [0, 4], dtype: 'float32', values: new Float32Array(0) },
} as const;

/** A file from a header and data bytes, written by hand. */
function fileOf(header: unknown, dataBytes: number, headerLength?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength ?? json.length), true);
  file.set(json, 8);
  return file;
}

describe('a safetensors file', () => {
  test('gives back every array bit for bit, and its metadata', () => {
    const decoded = decodeSafetensors(
      encodeSafetensors(arrays, { counters: '{"update":3}' }),
      'x.safetensors',
    );
    for (const [name, array] of Object.entries(arrays)) assert.deepEqual(decoded.arrays[name], array, name);
    assert.deepEqual(decoded.metadata, { counters: '{"update":3}' });
    assert.ok(Object.is(decoded.arrays.weights!.values[3], -0));
  });

  test('has the same bytes for the same content in another order', () => {
    const reversed = Object.fromEntries(Object.entries(arrays).reverse());
    assert.deepEqual(
      encodeSafetensors(reversed, { b: '2', a: '1' }),
      encodeSafetensors(arrays, { a: '1', b: '2' }),
    );
  });

  test('is laid out as the format says', () => {
    const file = encodeSafetensors({ x: { shape: [1], dtype: 'float32', values: Float32Array.of(1) } });
    const json = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const expected = Buffer.concat([
      Buffer.of(56, 0, 0, 0, 0, 0, 0, 0),
      Buffer.from(json.padEnd(56)),
      Buffer.of(0, 0, 0x80, 0x3f),
    ]);
    assert.deepEqual(Buffer.from(file), expected);
  });

  test('is read from a place in memory that is not aligned', () => {
    const file = encodeSafetensors(arrays);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    assert.deepEqual(decodeSafetensors(shifted.subarray(1), 'x').arrays.weights, arrays.weights);
  });

  test('is not written with values that do not fill the shape', () => {
    const short = { shape: [3], dtype: 'float32', values: Float32Array.of(1) } as const;
    assert.throws(() => encodeSafetensors({ short }), /"short" of shape \[3\] needs 3 values, got 1/);
  });
});

describe('a safetensors file that stays on the disk', () => {
  const rows = {
    shape: [5, 2, 3],
    dtype: 'int32',
    values: Int32Array.from({ length: 30 }, (_, i) => 1000 * i),
  } as const;
  const open = (
    bytes = encodeSafetensors({ ...arrays, rows }, { counters: '{"update":3}' }),
  ): SafetensorsFile => {
    writeFileSync(path, bytes);
    return new SafetensorsFile(path, 'd');
  };

  test('tells its arrays and metadata, and gives any of its rows, in any order', () => {
    const file = open();
    assert.deepEqual(file.arrays.rows, { shape: [5, 2, 3], dtype: 'int32' });
    assert.deepEqual(Object.keys(file.arrays).sort(), [...Object.keys(arrays), 'rows'].sort());
    assert.deepEqual(file.metadata, { counters: '{"update":3}' });
    const { count, width, read, gather } = file.rows('rows', 'int32');
    assert.deepEqual([count, width], [5, 6]);
    assert.deepEqual(read(0, 5), rows.values);
    assert.deepEqual(read(1, 3), rows.values.slice(6, 18));
    assert.deepEqual(read(2, 2), new Int32Array(0));
    assert.deepEqual(
      gather([4, 0, 4]),
      Int32Array.of(...[4, 0, 4].flatMap((row) => [...rows.values.subarray(6 * row, 6 * row + 6)])),
    );
    assert.deepEqual(file.rows('weights', 'float32').gather([1, 0]), Float32Array.of(Infinity, -0, 1.5, -2));
    assert.deepEqual(
      [file.rows('empty', 'float32').count, file.rows('counts', 'int32').read(2, 3)[0]],
      [0, 2 ** 31 - 1],
    );
    file.close();
  });

  test('has no rows but its own, and no array of another name, dtype or without rows', () => {
    const file = open();
    const { read, gather } = file.rows('rows', 'int32');
    for (const ask of [
      () => read(0, 6),
      () => read(-1, 2),
      () => read(3, 2),
      () => read(0.5, 1),
      () => gather([5]),
      () => gather([-1]),
    ]) {
      assert.throws(ask, { name: 'RangeError', message: /Expected rows within the 5 of d, got/ });
    }
    assert.throws(
      () => file.rows('rows', 'float32'),
      /d should hold "rows" as float32, and holds .*rows int32 \[5,2,3\]/,
    );
    assert.throws(() => file.rows('scalar', 'float32'), { name: 'SafetensorsError' });
    assert.throws(() => file.rows('x', 'int32'), /should hold "x"/);
    file.close();
  });

  test('that is not there, or is cut short later, is an error of the disk', () => {
    assert.throws(() => new SafetensorsFile(join(folder, 'none'), 'd'), {
      name: 'StorageError',
      code: 'ENOENT',
    });
    const file = open();
    truncateSync(path, 400);
    assert.throws(() => file.rows('rows', 'int32').read(0, 5), {
      name: 'StorageError',
      message: /d should reach to byte \d+ and ends at 400: it was cut short/,
    });
    file.close();
  });

  test('may be larger than what can be read at once: rows beyond 2 and 4 GiB are where they should be', () => {
    const [count, width] = [1_300_000, 1000]; // 5.2 GB, of which the disk holds a few blocks
    const header = safetensorsHeader({ x: [count, width] }, 512);
    writeFileSync(path, header);
    truncateSync(path, 512 + 4 * count * width);
    const [handle, places] = [openSync(path, 'r+'), [0, 600_000, 1_200_000, count - 1]];
    for (const row of places) writeSync(handle, Int32Array.of(row + 1), 0, 4, 512 + 4 * width * row);
    closeSync(handle);
    const file = new SafetensorsFile(path);
    const found = file.rows('x', 'int32').gather(places);
    assert.deepEqual(
      places.map((_, i) => found[i * width]),
      places.map((row) => row + 1),
    );
    assert.equal(file.rows('x', 'int32').read(count - 2, count)[width], count);
    file.close();
  });

  test('knows whether a path still names it, and that it was touched', () => {
    const file = open();
    const before = file.stamp();
    assert.equal(file.isAt(path), true);
    utimesSync(path, 1, 1);
    assert.notEqual(file.stamp(), before);
    renameSync(path, join(folder, 'moved'));
    assert.deepEqual([file.isAt(path), file.isAt(join(folder, 'moved'))], [false, true]);
    writeFileSync(path, 'another');
    assert.equal(file.isAt(path), false);
    file.close();
  });
});

describe('a broken safetensors file is refused with its name and the rule:', () => {
  const f32 = (start: number, end: number, shape = [1]): object => ({
    dtype: 'F32',
    shape,
    data_offsets: [start, end],
  });
  const cases: [string, Uint8Array, RegExp][] = [
    ['shorter than its header length', Uint8Array.of(1, 2), /begin with 8 bytes of header length, and has 2/],
    ['a header past the end', fileOf('{}', 0, 50), /header should end at byte 58, and the file at 10/],
    ['a header of absurd length', fileOf('{}', 0, 2 ** 40), /at most 10000000 bytes/],
    ['a header that is not JSON', fileOf('{"x"', 0), /not JSON/],
    ['a header that is a list', fileOf([], 0), /not a JSON object/],
    [
      'an unknown dtype',
      fileOf({ x: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } }, 4),
      /"x" has dtype "Q4"; F32, I32 can be read/,
    ],
    ['a negative dimension', fileOf({ x: f32(0, 4, [-1]) }, 4), /"x" has shape \[-1\]/],
    [
      'offsets that do not fit the shape',
      fileOf({ x: f32(0, 8) }, 8),
      /needs 4 bytes, its offsets \[0,8\] give 8/,
    ],
    [
      'overlapping arrays',
      fileOf({ x: f32(0, 4), y: f32(0, 4) }, 4),
      /"y" begins at byte 0 of the data, inside the one before/,
    ],
    ['a hole', fileOf({ x: f32(0, 4), y: f32(8, 12) }, 12), /"y" begins at byte 8 of the data, after a hole/],
    ['cut off data', fileOf({ x: f32(0, 4) }, 3), /arrays take 4 bytes, and 3 follow/],
    ['trailing data', fileOf({ x: f32(0, 4) }, 5), /arrays take 4 bytes, and 5 follow/],
    [
      'metadata that is no string',
      fileOf({ __metadata__: { a: 1 } }, 0),
      /__metadata__ is not an object of strings/,
    ],
  ];
  for (const [what, bytes, rule] of cases) {
    test(what, () => {
      const isOurs = (error: Error) =>
        error.name === 'SafetensorsError'
        && error.message.startsWith('weights.safetensors')
        && rule.test(error.message);
      assert.throws(() => decodeSafetensors(bytes, 'weights.safetensors'), isOurs);
      writeFileSync(path, bytes);
      assert.throws(
        () => new SafetensorsFile(path, 'weights.safetensors'),
        isOurs,
        'from its file, row by row',
      );
    });
  }

  test('an array that is not there, or of another dtype', () => {
    const decoded = decodeSafetensors(encodeSafetensors({ x: arrays.counts }), 'd');
    assert.deepEqual(takeArray(decoded, 'x', 'int32', 'd').values, arrays.counts.values);
    assert.throws(
      () => takeArray(decoded, 'x', 'float32', 'd'),
      /d should hold "x" as float32, and holds x int32 \[3\]/,
    );
    assert.throws(() => takeArray(decoded, 'y', 'int32', 'd'), /should hold "y"/);
  });
});
