/** SHA-256 of a file's bytes, hex; read in pieces. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Larger ones make nothing faster. */
const pieceBytes = 1 << 20;

export async function hashOfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: pieceBytes })) {
    signal?.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}
