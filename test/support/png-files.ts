/** PNG files of every colour type and depth, written from their samples: image libraries write only some of
 *  them. */
import { deflateSync } from 'node:zlib';

/** As the format numbers them. */
export const pngTypes = { grey: 0, colour: 2, palette: 3, greyAlpha: 4, colourAlpha: 6 } as const;
export const samplesOf = { grey: 1, colour: 3, palette: 1, greyAlpha: 2, colourAlpha: 4 } as const;
export type PngType = keyof typeof pngTypes;

export interface PngContent {
  readonly type: PngType;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly width: number;
  readonly height: number;
  /** One after another, row by row. */
  readonly samples: readonly number[];
  /** Red, green and blue of each entry. */
  readonly palette?: readonly number[];
  /** Of a palette the alpha of each entry; else the one value, or the three, that are transparent. */
  readonly transparent?: readonly number[];
}

export function pngFile({ type, depth, width, height, samples, palette, transparent }: PngContent): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, pngTypes[type]], 8);
  const line = width * samplesOf[type];
  const lines = Array.from({ length: height }, (_, row) =>
    packed(samples.slice(row * line, (row + 1) * line), depth),
  );
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    ...(transparent
      ? [chunk('tRNS', type === 'palette' ? Buffer.from(transparent) : packed(transparent, 16).subarray(1))]
      : []),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A row as it is stored, its filter (none) first. */
function packed(samples: readonly number[], depth: number): Buffer {
  const row = Buffer.alloc(1 + Math.ceil((samples.length * depth) / 8));
  for (const [i, sample] of samples.entries()) {
    if (depth === 16) row.writeUInt16BE(sample, 1 + 2 * i);
    else row[1 + Math.floor((i * depth) / 8)]! |= sample << (8 - depth - ((i * depth) % 8));
  }
  return row;
}

function chunk(name: string, content: Buffer): Buffer {
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const body = Buffer.concat([Buffer.from(name), content]);
  length.writeUInt32BE(content.length);
  checksum.writeUInt32BE(checksumOf(body));
  return Buffer.concat([length, body, checksum]);
}

function checksumOf(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  return (rest ^ 0xffffffff) >>> 0;
}
