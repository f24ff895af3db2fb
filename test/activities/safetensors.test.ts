import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeSafetensors, encodeSafetensors, takeArray } from '../../activities/safetensors.ts';

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
    const decoded = decodeSafetensors(encodeSafetensors(arrays, { counters: '{"update":3}' }), 'x.safetensors');
    for (const [name, array] of Object.entries(arrays)) assert.deepEqual(decoded.arrays[name], array, name);
    assert.deepEqual(decoded.metadata, { counters: '{"update":3}' });
    assert.ok(Object.is(decoded.arrays.weights!.values[3], -0));
  });

  test('has the same bytes for the same content in another order', () => {
    const reversed = Object.fromEntries(Object.entries(arrays).reverse());
    assert.deepEqual(encodeSafetensors(reversed, { b: '2', a: '1' }), encodeSafetensors(arrays, { a: '1', b: '2' }));
  });

  test('is laid out as the format says', () => {
    const file = encodeSafetensors({ x: { shape: [1], dtype: 'float32', values: Float32Array.of(1) } });
    const json = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const expected = Buffer.concat([Buffer.of(56, 0, 0, 0, 0, 0, 0, 0), Buffer.from(json.padEnd(56)), Buffer.of(0, 0, 0x80, 0x3f)]);
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

describe('a broken safetensors file is refused with its name and the rule:', () => {
  const f32 = (start: number, end: number, shape = [1]): object => ({ dtype: 'F32', shape, data_offsets: [start, end] });
  const cases: [string, Uint8Array, RegExp][] = [
    ['shorter than its header length', Uint8Array.of(1, 2), /begin with 8 bytes of header length, and has 2/],
    ['a header past the end', fileOf('{}', 0, 50), /header should end at byte 58, and the file at 10/],
    ['a header of absurd length', fileOf('{}', 0, 2 ** 40), /at most 10000000 bytes/],
    ['a header that is not JSON', fileOf('{"x"', 0), /not JSON/],
    ['a header that is a list', fileOf([], 0), /not a JSON object/],
    ['an unknown dtype', fileOf({ x: { dtype: 'Q4', shape: [1], data_offsets: [0, 4] } }, 4), /"x" has dtype "Q4"; F32, I32 can be read/],
    ['a negative dimension', fileOf({ x: f32(0, 4, [-1]) }, 4), /"x" has shape \[-1\]/],
    ['offsets that do not fit the shape', fileOf({ x: f32(0, 8) }, 8), /needs 4 bytes, its offsets \[0,8\] give 8/],
    ['overlapping arrays', fileOf({ x: f32(0, 4), y: f32(0, 4) }, 4), /"y" begins at byte 0 of the data, inside the one before/],
    ['a hole', fileOf({ x: f32(0, 4), y: f32(8, 12) }, 12), /"y" begins at byte 8 of the data, after a hole/],
    ['cut off data', fileOf({ x: f32(0, 4) }, 3), /arrays take 4 bytes, and 3 follow/],
    ['trailing data', fileOf({ x: f32(0, 4) }, 5), /arrays take 4 bytes, and 5 follow/],
    ['metadata that is no string', fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__ is not an object of strings/],
  ];
  for (const [what, bytes, rule] of cases) {
    test(what, () => {
      assert.throws(() => decodeSafetensors(bytes, 'weights.safetensors'), (error: Error) =>
        error.name === 'SafetensorsError' && error.message.startsWith('weights.safetensors') && rule.test(error.message));
    });
  }

  test('an array that is not there, or of another dtype', () => {
    const decoded = decodeSafetensors(encodeSafetensors({ x: arrays.counts }), 'd');
    assert.deepEqual(takeArray(decoded, 'x', 'int32', 'd').values, arrays.counts.values);
    assert.throws(() => takeArray(decoded, 'x', 'float32', 'd'), /d should hold "x" as float32, and holds x int32 \[3\]/);
    assert.throws(() => takeArray(decoded, 'y', 'int32', 'd'), /should hold "y"/);
  });
});
