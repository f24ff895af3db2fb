/** Zip archives written by the format's description (APPNOTE.TXT), and so able to lie. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface RawEntry {
  readonly name: string | Uint8Array;
  readonly content: Uint8Array;
  /** 0: as it is, 8: deflated; others are unknown. */
  readonly method?: number;
  /** Already deflated. */
  readonly packed?: Uint8Array;
  /** What is said of it, where that is not so. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  readonly flags?: number;
  /** Unix mode, shifted, as programs write it. */
  readonly attributes?: number;
  readonly extra?: Uint8Array;
  /** Of the local header it shares with another. */
  readonly offset?: number;
}

interface Lies {
  readonly count?: number;
  /** Of the directory, in bytes. */
  readonly size?: number;
  readonly directory?: number;
  readonly comment?: Uint8Array;
}

export function rawZip(
  entries: readonly RawEntry[],
  { count = entries.length, size, directory, comment = Buffer.alloc(0) }: Lies = {},
): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const {
      name,
      content,
      method = entry.packed ? 8 : 0,
      packed = method === 8 ? deflateRawSync(content) : content,
      extra = Buffer.alloc(0),
      flags = 0,
      attributes = 0,
    } = entry;
    const facts = fields(
      [2, 20],
      [2, flags],
      [2, method],
      [2, 0],
      [2, 0],
      [4, entry.crc ?? crc32(content)],
      [4, entry.packedSize ?? packed.length],
      [4, entry.size ?? content.length],
    );
    const bytes = Buffer.from(name);
    central.push(
      Buffer.concat([
        fields([4, 0x02014b50], [2, 0x0314]),
        facts,
        fields(
          [2, bytes.length],
          [2, extra.length],
          [2, 0],
          [2, 0],
          [2, 0],
          [4, attributes],
          [4, entry.offset ?? at],
        ),
        bytes,
        extra,
      ]),
    );
    if (entry.offset !== undefined) continue;
    const file = Buffer.concat([
      fields([4, 0x04034b50]),
      facts,
      fields([2, bytes.length], [2, 0]),
      bytes,
      packed,
    ]);
    local.push(file);
    at += file.length;
  }
  const index = Buffer.concat(central);
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size ?? index.length],
    [4, directory ?? at],
    [2, comment.length],
  );
  return Buffer.concat([...local, index, end, comment]);
}

/** Little-endian numbers of so many bytes each. */
function fields(...values: readonly (readonly [bytes: number, value: number])[]): Buffer {
  return Buffer.concat(
    values.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );
}
