/** Small MATLAB 5 files, written by the format's description and not by our reader's code. */
import { deflateSync } from 'node:zlib';

export interface MatOptions {
  readonly bigEndian?: boolean;
  readonly compressed?: boolean;
}

export interface MatArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Class 9 is uint8, 6 double, 1 cell. */
  readonly classCode: number;
  /** The values' storage type (2: uint8, 9: double, 14: inner matrices) and their bytes. */
  readonly storage: number;
  readonly values: Uint8Array;
}

export const uint8Array = (name: string, shape: readonly number[], values: Uint8Array): MatArray => ({
  name,
  shape,
  classCode: 9,
  storage: 2,
  values,
});

export function matFile(arrays: readonly MatArray[], options: MatOptions = {}): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, made for a test');
  header.set(options.bigEndian ? [1, 0] : [0, 1], 124);
  header.write(options.bigEndian ? 'MI' : 'IM', 126);
  return Buffer.concat([header, ...arrays.map((array) => element(array, options))]);
}

function element(array: MatArray, { bigEndian = false, compressed = false }: MatOptions): Buffer {
  const matrix = matrixElement(array, bigEndian);
  if (!compressed) return matrix;
  const packed = deflateSync(matrix);
  return Buffer.concat([words(bigEndian, 15, packed.length), packed]);
}

/** Also what lies in a cell. */
export function matrixElement(
  { name, shape, classCode, storage, values }: MatArray,
  bigEndian = false,
): Buffer {
  const parts = [
    data(bigEndian, 6, words(bigEndian, classCode, 0)),
    data(bigEndian, 5, words(bigEndian, ...shape)),
    data(bigEndian, 1, Buffer.from(name)),
    ...(storage === 14 ? [Buffer.from(values)] : [data(bigEndian, storage, values)]),
  ];
  const body = Buffer.concat(parts);
  return Buffer.concat([words(bigEndian, 14, body.length), body]);
}

function data(bigEndian: boolean, type: number, bytes: Uint8Array): Buffer {
  if (bytes.length > 0 && bytes.length <= 4) {
    const small = Buffer.alloc(8);
    words(bigEndian, (bytes.length << 16) | type).copy(small);
    small.set(bytes, 4);
    return small;
  }
  return Buffer.concat([
    words(bigEndian, type, bytes.length),
    bytes,
    Buffer.alloc((8 - (bytes.length % 8)) % 8),
  ]);
}

function words(bigEndian: boolean, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) =>
    bigEndian ? bytes.writeUInt32BE(value, 4 * i) : bytes.writeUInt32LE(value, 4 * i),
  );
  return bytes;
}
