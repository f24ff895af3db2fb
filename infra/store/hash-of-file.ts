/** SHA-256 of a file's bytes, hex; read in pieces. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
