/** numpy's archives of arrays: a zip of `.npy` files (numpy/lib/format.py). Float arrays, which is what
 *  statistics are, and whole numbers that stand alone, as counts do. */
import { open } from 'node:fs/promises';
import { zipSync, type Zippable } from 'fflate';
import { BadInputError } from '../ports/data-errors.ts';
import { longestNpyHeader, npyMagic, parseNpyHeader } from './npy-header.ts';
import { zipEntries, type ZipSource } from './zip-entries.ts';

export interface FloatArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float64Array | Float32Array;
}

const extension = '.npy';
const alignment = 64;
/** Of the arrays read. Inception's statistics with some features have 74 MB; those of 4,096 features 215. */
const largestNpz = 2 ** 28;

/** Equal content gives equal bytes; stored, not compressed, for random digits do not shrink. */
export function encodeNpz(arrays: Readonly<Record<string, FloatArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]): [string, Uint8Array] => [
    `${name}.npy`,
    encodeNpy(array),
  ]);
  return zipSync(Object.fromEntries(files) as Zippable, { level: 0, mtime: new Date(1980, 0, 1) });
}

/** By name; `file` is the archive's, for messages. Throws BadInputError. */
export const decodeNpz = async (bytes: Uint8Array, file: string): Promise<Map<string, FloatArray>> =>
  (await arraysOf(bytes, file, () => true)).arrays;

export interface NpzArrays {
  /** Those that were asked for and are there. */
  readonly arrays: ReadonlyMap<string, FloatArray>;
  /** The others' names: a suite may keep images or labels beside them, of any type and size. */
  readonly others: readonly string[];
}

/** The arrays `wanted` of an archive on the disk; the others are not read. `file` is its name for messages.
 *  Throws BadInputError. */
export async function readNpz(path: string, file: string, wanted: readonly string[]): Promise<NpzArrays> {
  if (await isNpy(path)) {
    throw new BadInputError(
      `Expected ${file} to be an archive of arrays (.npz), got a single array (.npy). Save ${wanted.slice(0, 2).join(' and ')} together: numpy.savez("statistics.npz", ${wanted
        .slice(0, 2)
        .map((name) => `${name}=${name}`)
        .join(', ')}).`,
    );
  }
  return arraysOf({ path }, file, (name) => wanted.includes(name));
}

async function isNpy(path: string): Promise<boolean> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read({ buffer: Buffer.alloc(npyMagic.length), position: 0 });
    return buffer.equals(npyMagic);
  } finally {
    await handle.close();
  }
}

async function arraysOf(
  source: ZipSource,
  file: string,
  isWanted: (name: string) => boolean,
): Promise<{ arrays: Map<string, FloatArray>; others: string[] }> {
  const others: string[] = [];
  const nameOf = (entry: string): string => entry.slice(0, -extension.length);
  const entries = await zipEntries(source, {
    name: file,
    atMost: largestNpz,
    wanted(entry) {
      const takes = entry.endsWith(extension) && isWanted(nameOf(entry));
      if (!takes) others.push(entry.endsWith(extension) ? nameOf(entry) : entry);
      return takes;
    },
  });
  return {
    arrays: new Map(
      [...entries].map(([name, content]) => [nameOf(name), decodeNpy(content, `${name} in ${file}`)]),
    ),
    others,
  };
}

function encodeNpy({ shape, values }: FloatArray): Uint8Array {
  const header =
    `{'descr': '<f${values.BYTES_PER_ELEMENT}', 'fortran_order': False, 'shape': `
    + `(${shape.map((n) => `${n},`).join(' ')}), }`;
  const length =
    Math.ceil((npyMagic.length + 4 + header.length + 1) / alignment) * alignment - npyMagic.length - 4;
  const sizes = Buffer.from([1, 0, length & 255, length >> 8]);
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([npyMagic, sizes, Buffer.from(`${header.padEnd(length - 1)}\n`), data]);
}

function decodeNpy(bytes: Uint8Array, place: string): FloatArray {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 12 || !file.subarray(0, npyMagic.length).equals(npyMagic))
    throw new BadInputError(`${place} is no .npy file: it does not begin with numpy's magic.`);
  const [start, length] = file[6] === 1 ? [10, file.readUInt16LE(8)] : [12, file.readUInt32LE(8)];
  if (length > longestNpyHeader)
    throw new BadInputError(
      `${place} should have a header of at most ${longestNpyHeader} bytes, and says ${length}.`,
    );
  const header = file.toString('latin1', start, start + length);
  const { type, shape, fortran } = parseNpyHeader(header);
  const alone = shape?.length === 0 ? wholeNumber(type, file.subarray(start + length)) : null;
  if (alone !== null) return { shape: [], values: Float64Array.of(alone) };
  const width = { '<f4': 4, '<f8': 8 }[type];
  if (width === undefined || shape === null)
    throw new BadInputError(
      `${place} should be an array of little-endian floats, and its header is `
        + `${JSON.stringify(header.trim().slice(0, 200))}.`,
    );
  const data = aligned(bytes.subarray(start + length), width);
  if (data.length !== width * shape.reduce((a, b) => a * b, 1))
    throw new BadInputError(
      `${place} should have ${shape.join(' x ')} values, and has ${data.length / width}. Copy it again.`,
    );
  const values =
    width === 4
      ? new Float32Array(data.buffer, data.byteOffset, data.length / 4)
      : new Float64Array(data.buffer, data.byteOffset, data.length / 8);
  return { shape, values: fortran === true ? transposed(values, shape, place) : values };
}

/** null where it is of another type. Beyond 2^53 it is rounded. */
function wholeNumber(type: string, bytes: Buffer): number | null {
  const [, kind, width] = /^<([iu])([48])$/.exec(type) ?? [];
  if (bytes.length !== Number(width)) return null;
  if (width === '4') return kind === 'i' ? bytes.readInt32LE() : bytes.readUInt32LE();
  return Number(kind === 'i' ? bytes.readBigInt64LE() : bytes.readBigUInt64LE());
}

/** A copy only where it has to be. */
const aligned = (bytes: Uint8Array, width: number): Uint8Array =>
  bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);

/** Columns first -> rows first. */
function transposed<T extends Float32Array | Float64Array>(
  values: T,
  shape: readonly number[],
  place: string,
): T {
  if (shape.length < 2) return values;
  if (shape.length > 2)
    throw new BadInputError(
      `${place} is in Fortran's order with ${shape.length} dimensions, and at most 2 can be read.`,
    );
  const [rows, columns] = shape as [number, number];
  return values.map((_, k) => values[(k % columns) * rows + Math.floor(k / columns)]!) as T;
}
