/** A safetensors file that stays on the disk and is read a few rows at a time. It may be larger than memory:
 *  the system's page cache holds what is read often. Its header is held to the same rules as that of a file
 *  that is read whole. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import type { DType, TensorSpec } from '../../models/core/tensors.ts';
import { StorageError } from '../ports/errors.ts';
import {
  headBytes,
  lacking,
  readLayout,
  type Entry,
  type SafetensorsLayout,
  type ValuesOf,
} from './safetensors.ts';

/** An array [count, width], whatever dimensions its rows have. */
export interface StoredRows<T extends DType = DType> {
  readonly count: number;
  /** Values of one row. */
  readonly width: number;
  /** The rows [from, to), one after the other. Throws StorageError. */
  read(from: number, to: number): ValuesOf<T>;
  /** The rows of these numbers, in their order; a number may come again. Throws StorageError. */
  gather(indices: ArrayLike<number>): ValuesOf<T>;
}

const firstBytes = 8;
/** Linux reads at most 2 GiB at once. */
const mostAtOnce = 2 ** 30;
const width = 4;
const pieceBytes = 2 ** 20;

/** An open file. Reads are synchronous: a row is found in the page cache, or on the disk within
 *  milliseconds. */
export class SafetensorsFile {
  readonly path: string;
  /** As errors name it. */
  readonly name: string;
  readonly #handle: number;
  readonly #layout: SafetensorsLayout;

  /** Throws SafetensorsError, and StorageError where the file cannot be read. */
  constructor(path: string, name = path) {
    this.path = path;
    this.name = name;
    this.#handle = reading(name, () => openSync(path, 'r'));
    try {
      const { bytes } = this;
      const beginning = this.#bytes(0, Math.min(firstBytes, bytes));
      const head = bytes < firstBytes ? beginning : this.#bytes(0, Math.min(headBytes(beginning), bytes));
      this.#layout = readLayout(head, bytes, name);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Its arrays by name. */
  get arrays(): Readonly<Record<string, TensorSpec>> {
    return Object.fromEntries(this.#layout.entries.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
  }

  /** Its size at the moment. */
  get bytes(): number {
    return Number(this.#stat().size);
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#layout.metadata;
  }

  /** All values of the array of a name and dtype. Throws SafetensorsError if the file has no such array,
   *  StorageError. */
  values<T extends DType>(name: string, dtype: T): ValuesOf<T> {
    const { start, end } = this.#entry(name, dtype);
    return filled(dtype, end - start, (bytes) =>
      this.#fill(bytes, this.#layout.dataStart + start, bytes.length),
    );
  }

  /** The array of a name and dtype, by its first dimension. Throws SafetensorsError if the file has no such
   *  array, or it is one number. */
  rows<T extends DType>(name: string, dtype: T): StoredRows<T> {
    const entry = this.#entry(name, dtype);
    if (entry.shape.length === 0) throw lacking(name, dtype, this.arrays, this.name);
    const [count, ...rest] = entry.shape as [number, ...number[]];
    const rowBytes = width * rest.reduce((a, b) => a * b, 1);
    const start = this.#layout.dataStart + entry.start;
    const read = (from: number, to: number, into: Uint8Array): void =>
      this.#fill(into, start + from * rowBytes, (to - from) * rowBytes);
    return {
      count,
      width: rowBytes / width,
      read: (from, to) => {
        requireInside(from, to, count, this.name);
        return filled(dtype, (to - from) * rowBytes, (bytes) => read(from, to, bytes));
      },
      gather: (indices) =>
        filled(dtype, indices.length * rowBytes, (bytes) => {
          for (let i = 0; i < indices.length; i++) {
            requireInside(indices[i]!, indices[i]! + 1, count, this.name);
            read(indices[i]!, indices[i]! + 1, bytes.subarray(i * rowBytes));
          }
        }),
    };
  }

  /** All its bytes, also where another file has taken its place meanwhile. */
  pieces(): AsyncIterable<Uint8Array> {
    return createReadStream(this.path, {
      fd: this.#handle,
      autoClose: false,
      start: 0,
      highWaterMark: pieceBytes,
    });
  }

  /** SHA-256 of all its bytes. */
  async hash(signal?: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.pieces()) {
      signal?.throwIfAborted();
      hash.update(piece);
    }
    return hash.digest('hex');
  }

  /** Whether a path names this file, and not one that has taken its place. */
  isAt(path: string): boolean {
    const [here, there] = [
      this.#stat(),
      reading(this.name, () => statSync(path, { bigint: true, throwIfNoEntry: false })),
    ];
    return here.ino === there?.ino && here.dev === there.dev;
  }

  /** Changes with whatever is done to the file: a write, another time, a link more or less. */
  stamp(): string {
    const { size, mtimeNs, ctimeNs } = this.#stat();
    return [size, mtimeNs, ctimeNs].join();
  }

  /** What is asked of it afterwards is an error. */
  close(): void {
    closeSync(this.#handle);
  }

  #entry(name: string, dtype: DType): Entry {
    const entry = this.#layout.entries.find((one) => one.name === name);
    if (entry?.dtype !== dtype) throw lacking(name, dtype, this.arrays, this.name);
    return entry;
  }

  #stat(): BigIntStats {
    return reading(this.name, () => fstatSync(this.#handle, { bigint: true }));
  }

  #bytes(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    this.#fill(bytes, from, bytes.length);
    return bytes;
  }

  #fill(into: Uint8Array, position: number, length: number): void {
    for (let at = 0; at < length;) {
      const got = reading(this.name, () =>
        readSync(this.#handle, into, at, Math.min(length - at, mostAtOnce), position + at),
      );
      if (got === 0) throw cutShort(this.name, position + length, position + at);
      at += got;
    }
  }
}

function filled<T extends DType>(dtype: T, bytes: number, fill: (bytes: Uint8Array) => void): ValuesOf<T> {
  const buffer = new ArrayBuffer(bytes);
  fill(new Uint8Array(buffer));
  return (dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer)) as ValuesOf<T>;
}

function requireInside(from: number, to: number, count: number, name: string): void {
  if (Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= count) return;
  throw new RangeError(`Expected rows within the ${count} of ${name}, got ${from} to ${to}.`);
}

/** Once the worker looks at the artifact again, it says which one is damaged. */
const cutShort = (name: string, expected: number, end: number): StorageError =>
  new StorageError(
    `${name} should reach to byte ${expected} and ends at ${end}: it was cut short after it was `
      + 'opened. Run again.',
    name,
    'short',
  );

function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException;
    throw new StorageError(
      `Cannot read ${name}: ${code}. Check the disk, then run again (${message}).`,
      name,
      code,
      { cause: error },
    );
  }
}
