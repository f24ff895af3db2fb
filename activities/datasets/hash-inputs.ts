/** SHA-256 of every file a data set is made from, small files side by side. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Heartbeat } from '../ports/progress.ts';
import type { InputFile } from './image-source.ts';
import { yieldInOrder } from './in-order.ts';

export interface HashedInput {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

const atOnce = 16;
const megabyte = 1e6;

/** Progress counts megabytes, in the phase `hashing`. */
export async function hashInputs(
  inputs: readonly InputFile[],
  { signal, onProgress }: Heartbeat,
): Promise<HashedInput[]> {
  let total = 0;
  for await (const { size } of yieldInOrder(inputs, atOnce, ({ path }) => stat(path))) {
    signal.throwIfAborted();
    total += size;
  }
  let done = 0;
  // While a file is read, not after it: an archive of a gigabyte on a slow disk would pass for a job that
  // hangs.
  const onBytes = (bytes: number): void => {
    done += bytes;
    onProgress({ phase: 'hashing', done: Math.floor(done / megabyte), total: Math.ceil(total / megabyte) });
  };
  const hashed: HashedInput[] = [];
  for await (const input of yieldInOrder(inputs, atOnce, ({ name, path }) =>
    hashOf(name, path, signal, onBytes),
  ))
    hashed.push(input);
  return hashed;
}

async function hashOf(
  name: string,
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<HashedInput> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>) {
    signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(chunk.length);
  }
  return { name, bytes, sha256: hash.digest('hex') };
}
