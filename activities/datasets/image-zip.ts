/** A zip of images, read file by file in any order; it stays open until it is closed, for the index of
 *  CelebA's takes seconds to read. */
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { magics, remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { zipContent } from '../formats/zip-content.ts';
import { countEntriesOf } from '../formats/zip-directory.ts';
import { BadInputError } from '../ports/data-errors.ts';

/** CelebA has 202,599 images of some 7 kB. */
const mostEntries = 1_000_000;
const largestImage = 4 << 20;
const again = 'Download it again.';

export interface ImageZip {
  readonly names: ReadonlySet<string>;
  read(name: string): Promise<Uint8Array>;
  close(): void;
}

/** `nameOf` gives an entry's name among the images, or null. Throws BadInputError, also while reading. */
export async function openImageZip(
  path: string,
  nameOf: (entry: string) => string | null,
  signal?: AbortSignal,
): Promise<ImageZip> {
  const start = await firstBytes(path);
  const refuse = (error: unknown): never => {
    signal?.throwIfAborted();
    throw new BadInputError(
      `${path} is not a whole zip file (${(error as Error).message}). ${remedyFor(start, again, magics.zip)}`,
    );
  };
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch(refuse);
  const entries = await indexOf(path, zip, nameOf, signal).catch((error: unknown) => {
    zip.close();
    return refuse(error);
  });
  return {
    names: new Set(entries.keys()),
    read: (name) => zipContent(zip, entries.get(name)!, largestImage).catch(refuse),
    close: () => zip.close(),
  };
}

/** Of as many as there are: yauzl takes the archive's word for it. */
async function indexOf(
  path: string,
  zip: ZipFile,
  nameOf: (entry: string) => string | null,
  signal?: AbortSignal,
): Promise<Map<string, Entry>> {
  zip.entryCount = await countEntriesOf(path, mostEntries);
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const name = nameOf(entry.fileName);
      if (name !== null && entries.has(name)) return reject(new BadInputError(`${name} is in it twice`));
      if (name !== null) entries.set(name, entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}
