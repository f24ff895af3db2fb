/** One file of a zip archive, checked: yauzl checks the size of what it reads, and leaves the checksum to its caller. */
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { BadInputError } from './datasets/errors.ts';

/** Throws BadInputError where the checksum is wrong, and what yauzl throws of a damaged archive. */
export async function zipContent(archive: ZipFile, entry: Entry): Promise<Uint8Array> {
  const content = await buffer(await archive.openReadStreamPromise(entry));
  if (crc32(content) !== entry.crc32) throw new BadInputError(`the checksum of ${entry.fileName} is wrong`);
  return content;
}
