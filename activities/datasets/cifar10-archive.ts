/** The official archive of CIFAR-10, cifar-10-binary.tar.gz, read as it is: nothing is unpacked to disk. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { BadInputError } from './errors.ts';

export interface ArchiveFile {
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array> & { resume(): unknown };
}

/** Files of the archive by their own names, one after the other: each must be read, or `resume`d, before the next comes. Throws BadInputError. */
export async function* archiveFiles(path: string): AsyncGenerator<ArchiveFile> {
  const files = extract();
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  pipeline(raw, createGunzip({ chunkSize: 1 << 18 }), files, () => undefined); // errors arrive where the files are read
  let seen = 0;
  try {
    for await (const entry of files) {
      if (entry.header.type === 'file') yield { name: basename(entry.header.name), bytes: entry.header.size ?? 0, content: entry as ArchiveFile['content'] };
      else entry.resume();
      seen += 1;
    }
  } catch (error) {
    throw error instanceof BadInputError ? error : new BadInputError(`${path} is not a whole archive: after ${seen} entries it ends in an error (${(error as Error).message}). Download it again.`);
  } finally {
    raw.destroy();
  }
}
