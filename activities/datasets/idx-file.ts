/** The IDX format of MNIST, raw or gzipped, whatever its name says: two zero bytes, the type (8: unsigned
 *  byte), the number of dimensions, each dimension as a big-endian uint32, then the values, the last
 *  dimension fastest. Source: the format's description on the page of MNIST. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { hasMagic, magics, remedyFor, firstBytes } from '../formats/foreign-form.ts';
import { StreamReader, EndOfDataError } from '../formats/byte-reader.ts';
import { BadInputError } from '../ports/data-errors.ts';

const unsignedByte = 8;

export interface IdxFile {
  readonly shape: readonly number[];
  /** The bytes before the values. */
  readonly header: Uint8Array;
  /** All values in order; refuses a file with fewer or more of them. */
  readonly values: AsyncIterable<Uint8Array>;
}

/** Throws BadInputError; so does reading the values. `check` throws where the shape is not what is wanted. */
export async function openIdx(
  path: string,
  dimensions: number,
  check: (shape: readonly number[]) => void = () => undefined,
): Promise<IdxFile> {
  const start = await firstBytes(path);
  const raw = createReadStream(path);
  const bytes = hasMagic(start, magics.gzip)
    ? pipeline(raw, createGunzip({ chunkSize: 1 << 18 }), () => undefined)
    : raw;
  const reader = new StreamReader(bytes as AsyncIterable<Uint8Array>);
  const close = (): void => void raw.destroy();
  try {
    const header = await reader.take(4 + 4 * dimensions);
    const magic = header.readUInt32BE(0);
    if (magic !== ((unsignedByte << 8) | dimensions)) {
      throw new BadInputError(
        `${path} should begin with ${describe((unsignedByte << 8) | dimensions)} (IDX, unsigned `
          + `bytes, ${dimensions} dimensions), and begins with ${describe(magic)}. `
          + `${remedyFor(start, 'Use the official file.')}`,
      );
    }
    const shape = Array.from({ length: dimensions }, (_, i) => header.readUInt32BE(4 + 4 * i));
    check(shape);
    return { shape, header, values: valuesOf(path, reader, shape, close) };
  } catch (error) {
    close();
    throw explained(path, error, reader.position, 4 + 4 * dimensions);
  }
}

const describe = (magic: number): string => `0x${magic.toString(16).padStart(8, '0')}`;

async function* valuesOf(
  path: string,
  reader: StreamReader,
  shape: readonly number[],
  close: () => void,
): AsyncGenerator<Uint8Array> {
  const count = shape.reduce((a, b) => a * b, 1);
  const start = reader.position;
  try {
    yield* reader.pieces(count);
    if (!(await reader.atEnd()))
      throw new BadInputError(
        `${path} should end after the ${count} values of its [${shape}], and goes on. Use the official file.`,
      );
  } catch (error) {
    throw explained(path, error, reader.position - start, count);
  } finally {
    close(); // also where only some of them were wanted
  }
}

function explained(path: string, error: unknown, got: number, wanted: number): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof EndOfDataError || code === 'Z_BUF_ERROR')
    return new BadInputError(
      `${path} is cut short: it should go on for ${wanted} bytes, and ends after ${got}. Download it again.`,
    );
  return code.startsWith('Z_')
    ? new BadInputError(`${path} is not a whole gzip file (${(error as Error).message}). Download it again.`)
    : error;
}
