/** Arrays as they are stored: a store may be shared, and a file in it be someone else's. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostileCase } from './hostile-case.ts';

function file(header: string | Uint8Array, data: Uint8Array = Buffer.alloc(0), length?: bigint): Buffer {
  const json = Buffer.from(header);
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([start, json, data]);
}
const array = (shape: readonly number[], offsets: readonly number[]): string =>
  JSON.stringify({ dtype: 'F32', shape, data_offsets: offsets });

const withBytes = (name: string, content: () => Uint8Array, end?: HostileCase['end']): HostileCase => ({
  name,
  ...(end && { end }),
  make({ root }) {
    const path = join(root, 'x.safetensors');
    writeFileSync(path, content());
    return { entry: 'safetensors', file: path };
  },
});

export const safetensorsCases: readonly HostileCase[] = [
  withBytes('a header of 2^64 bytes', () => file('{}', Buffer.alloc(0), 2n ** 64n - 1n)),
  withBytes('a header of lists by the ten million', () => file(`{"x":[${'[],'.repeat(16_000_000)}[]]}`)),
  withBytes('a header of lists by the million', () => file(`{"x":[${'[],'.repeat(3_000_000)}[]]}`)),
  withBytes('a header of arrays by the hundred thousand', () =>
    file(`{${Array.from({ length: 100_000 }, (_, i) => `"a${i}":${array([0], [0, 4])}`).join()}}`),
  ),
  withBytes('a header a million lists deep', () =>
    file(`{"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`),
  ),
  withBytes('sizes whose product is 2^128', () =>
    file(`{"x":${array([2 ** 40, 2 ** 40, 2 ** 48], [0, 4])}}`, Buffer.alloc(4)),
  ),
  withBytes('an array that ends before it begins', () =>
    file(`{"x":${array([1], [8, 4])}}`, Buffer.alloc(8)),
  ),
  withBytes('an array outside the file', () =>
    file(`{"x":${array([1 << 20], [0, 4 << 20])}}`, Buffer.alloc(16)),
  ),
  withBytes('arrays that lie in each other', () =>
    file(`{"x":${array([2], [0, 8])},"y":${array([2], [4, 12])}}`, Buffer.alloc(12)),
  ),
  withBytes(
    'names that objects have of their own',
    () => file(`{"__proto__":${array([1], [0, 4])},"constructor":${array([1], [4, 8])}}`, Buffer.alloc(8)),
    'harmless',
  ),
  withBytes('metadata that would change every object', () =>
    file('{"__metadata__":{"__proto__":{"polluted":"yes"}}}'),
  ),
  withBytes('text that is no UTF-8', () => file(Buffer.of(0x7b, 0xff, 0xfe, 0x7d))),
];
