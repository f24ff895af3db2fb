/** How many files a zip archive holds, counted in its directory: what its end states of itself can be wrong.
 *  macOS's Archive Utility writes the count modulo 65,536, and sizes and places modulo 2^32, without the
 *  zip64 record that has them whole. Source: APPNOTE.TXT, 4.3.12 (directory), 4.3.14 to 4.3.16 (its end,
 *  zip64's and the plain one). */
import { open } from 'node:fs/promises';
import { BadInputError } from '../ports/data-errors.ts';

/** An archive, in a file or in memory. */
export interface ZipBytes {
  readonly bytes: number;
  /** Exactly `length` bytes from `at`, which lie inside. */
  read(at: number, length: number): Promise<Buffer>;
}

const [endRecord, zip64Locator, zip64Record, header] = [
  { magic: 0x06054b50, bytes: 22 },
  { magic: 0x07064b50, bytes: 20 },
  { magic: 0x06064b50, bytes: 56 },
  { magic: 0x02014b50, bytes: 46 },
] as const;
const longestComment = 0xffff;
const chunkBytes = 1 << 20;

interface Directory {
  readonly from: number;
  readonly to: number;
  readonly stated: number;
  readonly zip64: boolean;
}

export const bytesInMemory = (bytes: Uint8Array): ZipBytes => ({
  bytes: bytes.length,
  read: async (at, length) => Buffer.from(bytes.buffer, bytes.byteOffset + at, length),
});

/** Of an archive on the disk. Throws as `countEntries`. */
export async function countEntriesOf(path: string, most: number): Promise<number> {
  const file = await open(path);
  try {
    const read = async (at: number, length: number): Promise<Buffer> =>
      (await file.read(Buffer.alloc(length), 0, length, at)).buffer;
    return await countEntries({ bytes: (await file.stat()).size, read }, most);
  } finally {
    await file.close();
  }
}

/** Throws BadInputError where the directory is not where and as long as its end states, or holds another
 *  number of files. */
export async function countEntries(archive: ZipBytes, most: number): Promise<number> {
  const { from, to, stated, zip64 } = await findDirectory(archive);
  const count = await walk(archive, from, to, most);
  if (count !== stated && (zip64 || count % 2 ** 16 !== stated))
    throw new BadInputError(`it should hold the ${stated} files it states, and holds ${count}`);
  return count;
}

async function findDirectory(archive: ZipBytes): Promise<Directory> {
  const tailBytes = Math.min(archive.bytes, zip64Locator.bytes + endRecord.bytes + longestComment);
  const tail = await archive.read(archive.bytes - tailBytes, tailBytes);
  const end = findEnd(tail);
  const endAt = archive.bytes - tailBytes + end;
  const locator = end - zip64Locator.bytes;
  if (locator >= 0 && tail.readUInt32LE(locator) === zip64Locator.magic)
    return findZip64(archive, Number(tail.readBigUInt64LE(locator + 8)));
  const [stated, bytes, from] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  const found = endAt - bytes;
  if (found > from && (found - from) % 2 ** 32 === 0) {
    throw new BadInputError(
      `it has more than 4 GiB and no zip64 record, as macOS's Archive Utility leaves it, so that `
        + `places in it are not known. Pack the folder with \`zip -r\`, or give it unpacked`,
    );
  }
  return placed({ from, to: endAt, stated, zip64: false }, bytes);
}

async function findZip64(archive: ZipBytes, at: number): Promise<Directory> {
  const record = at + zip64Record.bytes <= archive.bytes ? await archive.read(at, zip64Record.bytes) : null;
  if (record?.readUInt32LE(0) !== zip64Record.magic)
    throw new BadInputError('its end names a zip64 record where there is none');
  const [stated, bytes, from] = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field))) as [
    number,
    number,
    number,
  ];
  return placed({ from, to: at, stated, zip64: true }, bytes);
}

function placed(directory: Directory, bytes: number): Directory {
  const { from, to } = directory;
  if (from + bytes !== to)
    throw new BadInputError(
      `its directory should end at byte ${to}, and is stated as ${bytes} bytes from byte ${from}`,
    );
  return directory;
}

/** The last one whose comment goes up to the end. */
function findEnd(tail: Buffer): number {
  for (let at = tail.length - endRecord.bytes; at >= 0; at--) {
    if (
      tail.readUInt32LE(at) === endRecord.magic
      && tail.readUInt16LE(at + 20) === tail.length - at - endRecord.bytes
    )
      return at;
  }
  throw new BadInputError('the end of its directory is missing');
}

async function walk(archive: ZipBytes, from: number, to: number, most: number): Promise<number> {
  let [chunkAt, at, count] = [from, from, 0];
  let chunk: Buffer = Buffer.alloc(0);
  while (at < to) {
    if (at + header.bytes > chunkAt + chunk.length) {
      chunkAt = at;
      chunk = await archive.read(at, Math.min(chunkBytes, to - at));
    }
    const place = at - chunkAt;
    if (chunk.length - place < header.bytes || chunk.readUInt32LE(place) !== header.magic) {
      throw new BadInputError(
        `its directory should go on at byte ${at} with the signature of a file, and does not, after `
          + `${count} files`,
      );
    }
    if (++count > most) throw new BadInputError(`it should hold at most ${most} files, and holds more`);
    at +=
      header.bytes
      + chunk.readUInt16LE(place + 28)
      + chunk.readUInt16LE(place + 30)
      + chunk.readUInt16LE(place + 32);
  }
  if (at !== to)
    throw new BadInputError(
      `its directory should end at byte ${to}, and its last file goes on to byte ${at}`,
    );
  return count;
}
