/** One file of a zip archive, checked: yauzl checks the size of what it reads, and leaves the checksum to its
 *  caller. */
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { BadInputError } from '../ports/data-errors.ts';

/** Throws BadInputError where the checksum is wrong or it claims more than `atMost` bytes, and what yauzl
 *  throws of a damaged archive. */
export async function zipContent(archive: ZipFile, entry: Entry, atMost: number): Promise<Uint8Array> {
  const { fileName, uncompressedSize } = entry;
  if (uncompressedSize > atMost)
    throw new BadInputError(
      `${fileName} should have at most ${atMost} bytes, and claims ${uncompressedSize}`,
    );
  const content = Buffer.allocUnsafeSlow(uncompressedSize);
  let at = 0;
  for await (const chunk of (await archive.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>) {
    content.set(chunk, at);
    at += chunk.length;
  }
  if (crc32(content) !== entry.crc32) throw new BadInputError(`the checksum of ${fileName} is wrong`);
  return content;
}
