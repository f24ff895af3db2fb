/** The safetensors format (huggingface/safetensors, "Format"): 8 bytes little-endian header length, a JSON
 *  header that names each array's dtype, shape and place, then the arrays' bytes, row-major, without holes.
 *  Written deterministically, read strictly. */
import type { DType, NamedArray, NamedArrays, TensorSpec } from '../../models/core/tensors.ts';

export interface Safetensors {
  readonly arrays: NamedArrays;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file that breaks a rule of the format, or lacks an array that is asked for. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

/** What Counterflow stores. Both are four bytes wide, so that every array lies aligned. */
const codes = { float32: 'F32', int32: 'I32' } as const;
const dtypes = { F32: 'float32', I32: 'int32' } as const;
type Code = keyof typeof dtypes;
const width = 4;
const alignment = 8;
/** Bytes of the header's length, at the file's beginning. */
const lengthBytes = 8;
/** Ours have kilobytes; the format allows 100 MB, which JSON can blow up to gigabytes. */
const longestHeader = 10_000_000;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const encodedBytes = ({ values }: Pick<NamedArray, 'values'>): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const byName = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** A part of a vector that has a name and a shape of its own: a parameter. */
export interface SafetensorsPart {
  readonly name: string;
  readonly shape: readonly number[];
}
/** By a vector's name: its parts in their order, which together are the whole of it. The file then lists
 *  `vector/part` in place of `vector`; its bytes are the same, and what is read here is the vector again. */
export type PartsOf = Readonly<Record<string, readonly SafetensorsPart[]>>;

/** What a file begins with, and the arrays that follow it, in their order. */
export interface SafetensorsStart {
  readonly header: Uint8Array;
  readonly names: readonly string[];
  /** Of the whole file. */
  readonly bytes: number;
}

/** Equal content gives equal bytes. */
export function encodeSafetensors(
  arrays: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
  parts: PartsOf = {},
): Uint8Array {
  for (const [name, { shape, values }] of byName(arrays)) {
    if (values.length === sizeOf(shape)) continue;
    throw new SafetensorsError(
      `Array "${name}" of shape [${shape}] needs ${sizeOf(shape)} values, got ${values.length}.`,
    );
  }
  const { header, names, bytes } = safetensorsStart(arrays, metadata, parts);
  const file = new Uint8Array(bytes);
  file.set(header);
  let at = header.length;
  for (const name of names) {
    file.set(encodedBytes(arrays[name]!), at);
    at += arrays[name]!.values.byteLength;
  }
  return file;
}

/** For a file whose arrays are written one after another, and are never all in memory; the same bytes as of
 *  `encodeSafetensors`. */
export function safetensorsStart(
  specs: Readonly<Record<string, TensorSpec>>,
  metadata: Readonly<Record<string, string>> = {},
  parts: PartsOf = {},
): SafetensorsStart {
  const header: [string, unknown][] =
    Object.keys(metadata).length > 0 ? [['__metadata__', Object.fromEntries(byName(metadata))]] : [];
  const ordered = byName(specs);
  let end = 0;
  for (const [name, { shape, dtype }] of ordered) {
    const listed = parts[name]?.map((part) => [`${name}/${part.name}`, part.shape] as const) ?? [
      [name, shape] as const,
    ];
    for (const [entry, of] of listed)
      header.push([
        entry,
        { dtype: codes[dtype], shape: of, data_offsets: [end, (end += sizeOf(of) * width)] },
      ]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8');
  const headerLength = Math.ceil(json.length / alignment) * alignment;
  const start = new Uint8Array(8 + headerLength).fill(0x20, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerLength), true);
  start.set(json, 8);
  return { header: start, names: ordered.map(([name]) => name), bytes: start.length + end };
}

/** The header of a file of int32 arrays in the order given, filled up with spaces to `bytes`, its length's
 *  own 8 included; for files written as they come. */
export function safetensorsHeader(
  shapes: Readonly<Record<string, readonly number[]>>,
  bytes: number,
): Uint8Array {
  let end = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => [
    name,
    { dtype: codes.int32, shape, data_offsets: [end, (end += sizeOf(shape) * width)] },
  ]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)), 'utf8');
  if (8 + json.length > bytes)
    throw new SafetensorsError(`A header of ${8 + json.length} bytes does not fit into ${bytes}.`);
  const header = new Uint8Array(bytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(bytes - 8), true);
  header.set(json, 8);
  return header;
}

/** An array's place, in bytes of the data. */
export interface Entry extends TensorSpec {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Arrays and metadata of a file. `file` is its name in errors. Arrays are views of `bytes` where alignment
 *  allows. Throws SafetensorsError. */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const { entries, dataStart, metadata } = readLayout(bytes, bytes.length, file);
  return {
    arrays: Object.fromEntries(entries.map((entry) => [entry.name, readArray(entry, bytes, dataStart)])),
    metadata,
  };
}

/** Where the arrays of a file lie, and its metadata. */
export interface SafetensorsLayout {
  readonly entries: readonly Entry[];
  /** Byte of the file from which an entry's `start` and `end` count. */
  readonly dataStart: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The layout of a file of `fileBytes` bytes from its beginning, `head`, which holds the whole header where
 *  the file does. Throws SafetensorsError. */
export function readLayout(head: Uint8Array, fileBytes: number, file: string): SafetensorsLayout {
  const fail = (sentence: string): never => {
    throw new SafetensorsError(`${file} is not a whole safetensors file: ${sentence}`);
  };
  const { header, dataStart } = readHeader(head, fileBytes, fail);
  const { __metadata__: metadata = {}, ...described } = header;
  const entries = Object.entries(described).map(([name, value]) => readEntry(name, value, fail));
  requireNoHoles(entries, fileBytes - dataStart, fail);
  return { entries: joined(entries, fail), dataStart, metadata: readMetadata(metadata, fail) };
}

/** Bytes that `readLayout` needs of a file that begins with these 8. */
export const headBytes = (beginning: Uint8Array): number =>
  lengthBytes + Math.min(headerLengthOf(beginning), longestHeader);

type Fail = (sentence: string) => never;

const headerLengthOf = (head: Uint8Array): number =>
  Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));

function readHeader(
  head: Uint8Array,
  fileBytes: number,
  fail: Fail,
): { header: Record<string, unknown>; dataStart: number } {
  if (fileBytes < lengthBytes)
    return fail(`it must begin with 8 bytes of header length, and has ${fileBytes} bytes.`);
  const length = headerLengthOf(head);
  if (length > longestHeader)
    return fail(`a header has at most ${longestHeader} bytes, this one says ${length}.`);
  if (lengthBytes + length > fileBytes)
    return fail(`its header should end at byte ${lengthBytes + length}, and the file at ${fileBytes}.`);
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(head.subarray(lengthBytes, lengthBytes + length)),
    );
  } catch (error) {
    return fail(`its header is not JSON (${(error as Error).message}).`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return fail('its header is not a JSON object.');
  return { header: header as Record<string, unknown>, dataStart: lengthBytes + length };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

function readEntry(name: string, value: unknown, fail: Fail): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype)) {
    return fail(
      `array "${name}" has dtype ${JSON.stringify(dtype)}; ${Object.keys(dtypes).join(', ')} can be read.`,
    );
  }
  if (!isCounts(shape))
    return fail(`array "${name}" has shape ${JSON.stringify(shape)}, not a list of counts.`);
  if (!isCounts(offsets) || offsets.length !== 2)
    return fail(`array "${name}" has data_offsets ${JSON.stringify(offsets)}, not [start, end].`);
  const code = dtype as Code;
  const [start, end] = offsets as [number, number];
  if (end - start !== sizeOf(shape) * width) {
    return fail(
      `array "${name}" (${code}, [${shape}]) needs ${sizeOf(shape) * width} bytes, its offsets `
        + `[${offsets}] give ${end - start}.`,
    );
  }
  return { name, dtype: dtypes[code], shape, start, end };
}

function requireNoHoles(entries: readonly Entry[], dataLength: number, fail: Fail): void {
  let at = 0;
  for (const { name, start, end } of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== at)
      fail(
        `array "${name}" begins at byte ${start} of the data, `
          + `${start < at ? 'inside the one before it' : 'after a hole'} (expected ${at}).`,
      );
    at = end;
  }
  if (at !== dataLength) fail(`its arrays take ${at} bytes, and ${dataLength} follow the header.`);
}

/** Parts that lie one after another are read as the vector that they are parts of. */
function joined(entries: readonly Entry[], fail: Fail): Entry[] {
  const whole: Entry[] = [];
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    const at = entry.name.indexOf('/');
    const name = at === -1 ? entry.name : entry.name.slice(0, at);
    const before = whole.at(-1);
    if (at !== -1 && before?.name === name && before.dtype === entry.dtype)
      whole[whole.length - 1] = { ...before, shape: [(entry.end - before.start) / width], end: entry.end };
    else whole.push(at === -1 ? entry : { ...entry, name, shape: [sizeOf(entry.shape)] });
  }
  const apart = whole.find(({ name }, i) => whole.findIndex((one) => one.name === name) !== i);
  if (apart) fail(`the parts of "${apart.name}" do not lie one after another, or differ in dtype.`);
  return whole;
}

function readArray({ dtype, shape, start, end }: Entry, bytes: Uint8Array, dataStart: number): NamedArray {
  const slice = bytes.subarray(dataStart + start, dataStart + end);
  const { buffer, byteOffset, byteLength } = slice.byteOffset % width === 0 ? slice : new Uint8Array(slice);
  const place = [buffer, byteOffset, byteLength / width] as const;
  return {
    shape,
    dtype,
    values: dtype === 'float32' ? new Float32Array(...place) : new Int32Array(...place),
  };
}

function readMetadata(metadata: unknown, fail: Fail): Record<string, string> {
  if (
    typeof metadata !== 'object'
    || metadata === null
    || Object.values(metadata).some((value) => typeof value !== 'string')
  ) {
    return fail('its __metadata__ is not an object of strings.');
  }
  return metadata as Record<string, string>;
}

export type ValuesOf<T extends DType> = T extends 'float32' ? Float32Array : Int32Array;

/** The array of a name and dtype. Throws SafetensorsError if the file has no such array. */
export function takeArray<T extends DType>(
  { arrays }: Safetensors,
  name: string,
  dtype: T,
  file: string,
): { readonly shape: readonly number[]; readonly values: ValuesOf<T> } {
  const array = arrays[name];
  if (array?.dtype !== dtype) throw lacking(name, dtype, arrays, file);
  return { shape: array.shape, values: array.values as ValuesOf<T> };
}

/** What is said of a file without an array of that name and dtype. */
export function lacking(
  name: string,
  dtype: DType,
  arrays: Readonly<Record<string, TensorSpec>>,
  file: string,
): SafetensorsError {
  const holds = Object.entries(arrays)
    .map(([key, other]) => `${key} ${other.dtype} [${other.shape}]`)
    .join(', ');
  return new SafetensorsError(`${file} should hold "${name}" as ${dtype}, and holds ${holds || 'nothing'}.`);
}
