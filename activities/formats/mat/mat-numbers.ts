/** Small numeric arrays of MATLAB files as numbers. */
import { malformed } from './mat-error.ts';
import { view } from './mat-elements.ts';
import type { StoredValues } from './mat-matrix.ts';

const readers: Readonly<Record<string, (data: DataView, at: number, littleEndian: boolean) => number>> = {
  int8: (data, at) => data.getInt8(at),
  uint8: (data, at) => data.getUint8(at),
  int16: (data, at, little) => data.getInt16(at, little),
  uint16: (data, at, little) => data.getUint16(at, little),
  int32: (data, at, little) => data.getInt32(at, little),
  uint32: (data, at, little) => data.getUint32(at, little),
  single: (data, at, little) => data.getFloat32(at, little),
  double: (data, at, little) => data.getFloat64(at, little),
  int64: (data, at, little) => Number(data.getBigInt64(at, little)),
  uint64: (data, at, little) => Number(data.getBigUint64(at, little)),
};

/** All values, float64: MATLAB stores whole numbers in the narrowest type, whatever the array's class. */
export async function matNumbers(
  file: string,
  { storage, width, pieces, littleEndian }: StoredValues,
): Promise<Float64Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  const bytes = Buffer.concat(parts);
  const read = readers[storage];
  if (!read) throw malformed(file, `numbers are stored as ${storage}, which is text.`);
  const data = view(bytes);
  return Float64Array.from({ length: bytes.length / width }, (_, i) => read(data, i * width, littleEndian));
}
