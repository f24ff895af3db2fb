/** One array of unsigned bytes out of a `.npz`, as its bytes come: what generative-model suites store images
 *  in. Source: numpy/lib/format.py. */
import { crc32 } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { countEntriesOf } from '../formats/zip-directory.ts';
import { magics, remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { longestNpyHeader, npyMagic, parseNpyHeader } from '../formats/npy-header.ts';
import { StreamReader } from '../formats/byte-reader.ts';
import { BadInputError } from '../ports/data-errors.ts';

const mostEntries = 1000;
/** Deflate's 258 bytes from two bits (RFC 1951). */
const mostFromOneByte = 1032;

export interface NpyStream {
  readonly shape: readonly number[];
  /** Row-major, all of them; throws BadInputError behind the last where size or checksum is wrong. */
  readonly values: AsyncIterable<Uint8Array>;
  /** Other arrays of the file, by name. */
  readonly others: readonly string[];
  close(): void;
}

/** Array `name` of the archive at `path`. Throws BadInputError. */
export async function openNpyStream(path: string, name: string): Promise<NpyStream> {
  const start = await firstBytes(path);
  const refuse = (error: unknown): never => {
    if (error instanceof BadInputError && error.message.startsWith(path)) throw error;
    throw new BadInputError(
      `${path} is no whole .npz file (${(error as Error).message}). `
        + `${remedyFor(start, 'Copy it again.', magics.zip)}`,
    );
  };
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch(refuse);
  try {
    const entries = await entriesOf(path, zip);
    const entry = entries.get(name);
    if (!entry)
      throw new BadInputError(
        `${path} should hold the array ${name}, and holds `
          + `${[...entries.keys()].slice(0, 8).join(', ') || 'none'}. Name another with --set `
          + 'dataset.array=NAME.',
      );
    const content = checked((await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>, entry);
    const reader = new StreamReader(content);
    const shape = await readHeader(reader, `${name} of ${path}`);
    const count = shape.reduce((a, b) => a * b, 1);
    requireRoom(entry, count);
    const others = [...entries.keys()].filter((other) => other !== name);
    return { shape, others, close: () => zip.close(), values: valuesOf(reader, count, refuse) };
  } catch (error) {
    zip.close();
    return refuse(error);
  }
}

async function entriesOf(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  zip.entryCount = await countEntriesOf(path, mostEntries);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.replace(/\.npy$/, '');
    if (entries.has(name)) throw new BadInputError(`${entry.fileName} is in it twice`);
    entries.set(name, entry);
  }
  return entries;
}

/** Before anything is done for each value. */
function requireRoom({ fileName, uncompressedSize, compressedSize }: Entry, count: number): void {
  if (count <= uncompressedSize && uncompressedSize <= mostFromOneByte * compressedSize) return;
  throw new BadInputError(
    `${fileName} should hold ${count} values, and has `
      + `${Math.min(uncompressedSize, mostFromOneByte * compressedSize)} bytes at most`,
  );
}

async function* checked(
  content: AsyncIterable<Uint8Array>,
  { crc32: expected, fileName }: Entry,
): AsyncGenerator<Uint8Array> {
  let found = 0;
  for await (const piece of content) {
    found = crc32(piece, found);
    yield piece;
  }
  if (found !== expected) throw new BadInputError(`the checksum of ${fileName} is wrong`);
}

async function* valuesOf(
  reader: StreamReader,
  count: number,
  refuse: (error: unknown) => never,
): AsyncGenerator<Uint8Array> {
  try {
    yield* reader.pieces(count);
    if (!(await reader.atEnd())) throw new BadInputError(`an array goes on behind its ${count} values`);
  } catch (error) {
    refuse(error);
  }
}

async function readHeader(reader: StreamReader, place: string): Promise<readonly number[]> {
  const start = await reader.take(10);
  if (!start.subarray(0, npyMagic.length).equals(npyMagic))
    throw new BadInputError(`${place} does not begin with numpy's magic`);
  const length =
    start[6] === 1
      ? start.readUInt16LE(8)
      : start.readUInt16LE(8) + (await reader.take(2)).readUInt16LE(0) * 2 ** 16;
  if (length > longestNpyHeader)
    throw new BadInputError(
      `${place} should have a header of at most ${longestNpyHeader} bytes, and says ${length}`,
    );
  const header = (await reader.take(length)).toString('latin1');
  const { type, shape, fortran } = parseNpyHeader(header);
  if (
    !/^[|<>=]?u1$/.test(type)
    || fortran !== false
    || !shape
    || !Number.isSafeInteger(shape.reduce((a, b) => a * b, 1))
  ) {
    throw new BadInputError(
      `${place} should be an array of uint8 in C order, and its header is `
        + `${JSON.stringify(header.trim().slice(0, 200))}`,
    );
  }
  return shape;
}
