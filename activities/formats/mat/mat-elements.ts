/** Data elements of MATLAB 5 files: a tag of type and size, then the data, padded to 8 bytes; up to 4 bytes
 *  fit into the tag itself. Source: MathWorks, "MAT-File Format", chapter 1. */
import type { StreamReader } from '../byte-reader.ts';

/** The types a value can be stored in, with their bytes. */
export const storages = {
  1: ['int8', 1],
  2: ['uint8', 1],
  3: ['int16', 2],
  4: ['uint16', 2],
  5: ['int32', 4],
  6: ['uint32', 4],
  7: ['single', 4],
  9: ['double', 8],
  12: ['int64', 8],
  13: ['uint64', 8],
  16: ['utf8', 1],
  17: ['utf16', 2],
  18: ['utf32', 4],
} as const satisfies Readonly<Record<number, readonly [name: string, bytes: number]>>;
export type MatStorage = (typeof storages)[keyof typeof storages][0];

export const matrixType = 14;
export const compressedType = 15;

export interface Tag {
  readonly type: number;
  readonly bytes: number;
  /** Of the element's data, small ones' padding included, as they lie behind the tag. */
  readonly inTag: Uint8Array | null;
  /** Tag, data and padding. */
  readonly extent: number;
}

/** Reads a tag. In a small element the upper half of the first word is the size, which no large element's
 *  type reaches. */
export async function readTag(reader: StreamReader, littleEndian: boolean): Promise<Tag> {
  const first = view(await reader.take(4)).getUint32(0, littleEndian);
  const second = await reader.take(4);
  const small = first >>> 16;
  if (small > 0) return { type: first & 0xffff, bytes: small, inTag: second.subarray(0, small), extent: 8 };
  const bytes = view(second).getUint32(0, littleEndian);
  return { type: first, bytes, inTag: null, extent: 8 + bytes + padding(bytes) };
}

export const padding = (bytes: number): number => (8 - (bytes % 8)) % 8;

export const view = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function storageOf(type: number): { readonly name: MatStorage; readonly width: number } | null {
  const found = Object.hasOwn(storages, type) ? storages[type as keyof typeof storages] : null;
  return found && { name: found[0], width: found[1] };
}
