/** The files inside a zip archive that lies in memory, each checked against its size and checksum. */
import { fromBufferPromise } from 'yauzl';
import { BadInputError } from './datasets/errors.ts';
import { magics, remedyFor } from './foreign-form.ts';
import { zipContent } from './zip-content.ts';
import { countEntries } from './zip-directory.ts';

export interface ZipOptions {
  /** Of the archive, for messages. */
  readonly name: string;
  /** Most bytes all wanted files may have together, once inflated: an archive of kilobytes can claim gigabytes. */
  readonly atMost: number;
  readonly wanted?: (file: string) => boolean;
}

/** Checkpoints have one for each tensor. */
const mostFiles = 100_000;
const again = 'Copy or download it again.';

/** By name. Throws BadInputError on an archive that is damaged, claims more than `atMost` bytes or names a file twice. */
export async function zipEntries(bytes: Uint8Array, { name, atMost, wanted = () => true }: ZipOptions): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  try {
    const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const archive = await fromBufferPromise(memory);
    archive.entryCount = await countEntries({ bytes: memory.length, read: async (at, length) => memory.subarray(at, at + length) }, mostFiles);
    let total = 0;
    for await (const entry of archive.eachEntry()) {
      if (!wanted(entry.fileName)) continue;
      total += entry.uncompressedSize;
      if (total > atMost) throw new BadInputError(`its files should have at most ${atMost} bytes together, and ${entry.fileName} makes them ${total}`);
      if (files.has(entry.fileName)) throw new BadInputError(`${entry.fileName} is in it twice`);
      files.set(entry.fileName, await zipContent(archive, entry, atMost));
    }
    return files;
  } catch (error) {
    throw new BadInputError(`${name} is no readable zip archive: ${(error as Error).message}. ${remedyFor(bytes, again, magics.zip)}`);
  }
}
