/** SHA-256 of a file's bytes, hex; read in pieces. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Larger ones make nothing faster. */
const pieceBytes = 1 << 20;

/** Bytes from `start` up to, and without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export const hashOfFile = (path: string, signal?: AbortSignal): Promise<string> => hashOfRanges(path, [{ start: 0, end: Infinity }], signal);

/** Of what lies in the ranges, one after another. */
export async function hashOfRanges(path: string, ranges: readonly ByteRange[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { start, end } of ranges) {
    for await (const chunk of createReadStream(path, { start, end: end - 1, highWaterMark: pieceBytes })) {
      signal?.throwIfAborted();
      hash.update(chunk as Uint8Array);
    }
  }
  return hash.digest('hex');
}
