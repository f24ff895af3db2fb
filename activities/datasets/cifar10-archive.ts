/** The official archives of CIFAR-10, cifar-10-binary.tar.gz and its like, read as they are: nothing is
 *  unpacked to disk. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { magics, remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { BadInputError } from '../ports/data-errors.ts';

/** The official archive has 184 MB unpacked, in 9 entries. */
const mostBytes = 256 << 20;
const mostEntries = 1000;
const again = 'Download it again.';

export interface ArchiveFile {
  readonly name: string;
  readonly bytes: number;
  readonly content: AsyncIterable<Uint8Array> & { resume(): unknown };
}

/** Files of the archive by their own names, one after the other: each must be read, or `resume`d, before the
 *  next comes. Throws BadInputError. */
export async function* archiveFiles(path: string): AsyncGenerator<ArchiveFile> {
  const files = extract();
  const raw = createReadStream(path, { highWaterMark: 1 << 18 });
  // errors arrive where the files are read
  pipeline(raw, createGunzip({ chunkSize: 1 << 18 }), atMost(path), files, () => undefined);
  let seen = 0;
  try {
    for await (const entry of files) {
      seen += 1;
      checkEntry(path, entry.header, seen);
      if (entry.header.type === 'file')
        yield {
          name: basename(entry.header.name),
          bytes: entry.header.size ?? 0,
          content: entry as ArchiveFile['content'],
        };
      else entry.resume();
    }
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw new BadInputError(
      `${path} is not a whole archive: after ${seen} entries it ends in an error `
        + `(${(error as Error).message}). ${remedyFor(await firstBytes(path), again, magics.gzip)}`,
    );
  } finally {
    raw.destroy();
  }
}

/** The named files in that order, which the archive does not have: what comes early is kept until its turn,
 *  31 MB a file. Ends before one that is missing. Throws BadInputError. */
export async function* archiveInOrder(
  path: string,
  names: readonly string[],
): AsyncGenerator<{ readonly name: string; readonly content: Buffer }> {
  const early = new Map<string, Buffer>();
  let next = 0;
  for await (const { name, content } of archiveFiles(path)) {
    if (!names.includes(name)) {
      content.resume();
      continue;
    }
    if (early.has(name) || names.indexOf(name) < next)
      throw new BadInputError(
        `${path} should hold each file once, and holds ${name} twice. Use the official archive.`,
      );
    early.set(name, await buffer(content));
    for (let wanted = names[next]; wanted !== undefined && early.has(wanted); wanted = names[++next]) {
      yield { name: wanted, content: early.get(wanted)! };
      early.delete(wanted);
    }
  }
}

/** Passes bytes on as long as there are no more than an archive of CIFAR-10 can have. */
function atMost(path: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      if (bytes > mostBytes)
        done(
          new BadInputError(
            `${path} should unpack to at most ${mostBytes} bytes, and goes on. Use the official archive.`,
          ),
        );
      else done(null, chunk);
    },
  });
}

/** Nothing is unpacked, and an archive that would leave its folder elsewhere is still not the official
 *  one. */
function checkEntry(path: string, { name, type }: Header, count: number): void {
  const wrong =
    count > mostEntries
      ? `more than ${mostEntries} entries`
      : type === 'symlink' || type === 'link'
        ? `a link, ${JSON.stringify(name.slice(0, 100))}`
        : name.startsWith('/') || name.split('/').includes('..')
          ? `an entry outside its folder, ${JSON.stringify(name.slice(0, 100))}`
          : null;
  if (wrong !== null)
    throw new BadInputError(
      `${path} should hold the files of CIFAR-10 alone, and holds ${wrong}. Use the official archive.`,
    );
}
