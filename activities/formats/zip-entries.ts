/** The files inside a zip archive that lies in memory or on the disk, each checked against its size and
 *  checksum. */
import { fromBufferPromise, openPromise, type ZipFile } from 'yauzl';
import { BadInputError } from '../ports/data-errors.ts';
import { magics, remedyFor, firstBytes } from './foreign-form.ts';
import { zipContent } from './zip-content.ts';
import { countEntries, countEntriesOf, bytesInMemory } from './zip-directory.ts';

export interface ZipOptions {
  /** Of the archive, for messages. */
  readonly name: string;
  /** Most bytes all wanted files may have together, once inflated: an archive of kilobytes can claim
   *  gigabytes. */
  readonly atMost: number;
  readonly wanted?: (file: string) => boolean;
}

/** The archive's bytes, or its file, of which only what is wanted is read. */
export type ZipSource = Uint8Array | { readonly path: string };

/** Checkpoints have one for each tensor. */
const mostFiles = 100_000;
const again = 'Copy or download it again.';

/** By name. Throws BadInputError on an archive that is damaged, claims more than `atMost` bytes or names a
 *  file twice. */
export async function zipEntries(
  source: ZipSource,
  { name, atMost, wanted = () => true }: ZipOptions,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let archive: ZipFile | null = null;
  try {
    archive = await opened(source);
    archive.entryCount = await (source instanceof Uint8Array
      ? countEntries(bytesInMemory(source), mostFiles)
      : countEntriesOf(source.path, mostFiles));
    let total = 0;
    for await (const entry of archive.eachEntry()) {
      if (!wanted(entry.fileName)) continue;
      total += entry.uncompressedSize;
      if (total > atMost)
        throw new BadInputError(
          `its files should have at most ${atMost} bytes together, and ${entry.fileName} makes them ${total}`,
        );
      if (files.has(entry.fileName)) throw new BadInputError(`${entry.fileName} is in it twice`);
      files.set(entry.fileName, await zipContent(archive, entry, atMost));
    }
    return files;
  } catch (error) {
    const start = source instanceof Uint8Array ? source : await firstBytes(source.path);
    throw new BadInputError(
      `${name} is no readable zip archive: ${(error as Error).message}. ${remedyFor(start, again, magics.zip)}`,
    );
  } finally {
    archive?.close();
  }
}

/** `autoClose` would close a file's handle before the last entry of it is read. */
const opened = (source: ZipSource): Promise<ZipFile> =>
  source instanceof Uint8Array
    ? fromBufferPromise(Buffer.from(source.buffer, source.byteOffset, source.byteLength))
    : openPromise(source.path, { lazyEntries: true, autoClose: false });
