/** MATLAB 5 files (saved with -v6 or -v7), read variable by variable in bounded memory, compressed or not,
 *  little- or big-endian. No maintained reader on npm streams: they take the whole file, inflated, into
 *  memory. Versions 4 and 7.3 (HDF5) are refused. Source: MathWorks, "MAT-File Format". */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createInflate, type Inflate } from 'node:zlib';
import { foreignForm, lookedAt } from '../foreign-form.ts';
import { StreamReader, EndOfDataError } from '../byte-reader.ts';
import { BadInputError } from '../../ports/data-errors.ts';
import { compressedType, matrixType, readTag } from './mat-elements.ts';
import { malformed, truncated } from './mat-error.ts';
import {
  openValues,
  readMatrixHeader,
  walkRest,
  type MatrixHeader,
  type MatrixPlace,
  type StoredValues,
} from './mat-matrix.ts';

const headerBytes = 128;
const tagBytes = 8;
/** Data sets have a handful; each costs the opening of a stream. */
const mostVariables = 1000;

/** A variable of the file. What is not asked for is not read, nor inflated. Valid until the next variable is
 *  asked for. */
export interface MatVariable extends MatrixHeader {
  /** Its element goes over the end of the file: reading it ends in MatTruncatedError. */
  readonly isCut: boolean;
  /** Values of a numeric array; call `check` when they are read. */
  open(): Promise<StoredValues>;
  /** Reads what is left of the variable: structure, lengths and checksum hold to its end. */
  check(): Promise<void>;
}

interface Element {
  readonly file: string;
  readonly littleEndian: boolean;
  readonly start: number;
  readonly size: number;
  readonly compressed: boolean;
  readonly fileBytes: number;
}

/** The variables in file order. Throws BadInputError, and MatTruncatedError where the file ends early (also
 *  from a variable's methods). */
export async function* readMat(file: string): AsyncGenerator<MatVariable> {
  const handle = await open(file);
  try {
    const fileBytes = (await handle.stat()).size;
    const littleEndian = byteOrder(
      file,
      (await handle.read(Buffer.alloc(lookedAt), 0, lookedAt, 0)).buffer,
      fileBytes,
    );
    let count = 0;
    for (let at = headerBytes; at < fileBytes;) {
      if (++count > mostVariables) throw malformed(file, `it has more than ${mostVariables} variables.`);
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(tagBytes), 0, tagBytes, at);
      if (bytesRead < tagBytes)
        throw truncated(file, `${bytesRead} bytes of an element's tag are left at byte ${at}.`);
      const { type, bytes } = await readTag(new StreamReader(once(buffer)), littleEndian);
      if (type !== matrixType && type !== compressedType)
        throw malformed(file, `an element of type ${type} at byte ${at} is neither an array nor compressed.`);
      yield* variableOf({
        file,
        littleEndian,
        start: at + tagBytes,
        size: bytes,
        compressed: type === compressedType,
        fileBytes,
      });
      at += tagBytes + bytes;
    }
  } finally {
    await handle.close();
  }
}

/** Little-endian or not; refuses what is no MATLAB 5 file at all. */
function byteOrder(file: string, header: Buffer, fileBytes: number): boolean {
  const saved = 'In MATLAB, load it and save it again with -v7.';
  const foreign = fileBytes === 0 ? null : foreignForm(header.subarray(0, fileBytes));
  if (foreign)
    throw new BadInputError(`${file} should be a MATLAB 5 file, and is ${foreign.what}. ${foreign.remedy}`);
  if (fileBytes >= 20 && header.subarray(0, 4).includes(0))
    throw new BadInputError(
      `${file} should be a MATLAB 5 file, and is one of version 4 or no MATLAB file. ${saved}`,
    );
  if (fileBytes < headerBytes)
    throw malformed(file, `it should begin with ${headerBytes} bytes of header, and has ${fileBytes} bytes.`);
  const order = header.toString('latin1', 126, 128);
  if (order !== 'IM' && order !== 'MI')
    throw malformed(file, `bytes 126 and 127 should be "IM" or "MI", and are ${JSON.stringify(order)}.`);
  const version = order === 'IM' ? header.readUInt16LE(124) : header.readUInt16BE(124);
  if (version === 0x0200)
    throw new BadInputError(`${file} should be a MATLAB 5 file, and is one of version 7.3 (HDF5). ${saved}`);
  if (version !== 0x0100)
    throw malformed(file, `its version should be 0x0100, and is 0x${version.toString(16).padStart(4, '0')}.`);
  return order === 'IM';
}

async function* variableOf(element: Element): AsyncGenerator<MatVariable> {
  const { file, littleEndian } = element;
  const { reader, inflate, close } = openElement(element);
  const refuse = (sentence: string): Error => malformed(file, sentence);
  try {
    const size = inflate
      ? await within(element, async () => innerSize(await readTag(reader, littleEndian), refuse))
      : element.size;
    const place: MatrixPlace = { reader, littleEndian, end: reader.position + size, refuse };
    if (size === 0) return;
    const header = await within(element, () => readMatrixHeader(place));
    yield {
      ...header,
      isCut: element.start + element.size > element.fileBytes,
      open: () =>
        within(element, async () => {
          const values = await openValues(place, header);
          return { ...values, pieces: translated(element, values.pieces) };
        }),
      check: () =>
        within(element, async () => {
          await walkRest(place);
          if (element.start + element.size > element.fileBytes)
            throw new EndOfDataError('The checksum is missing.');
          if (!(await reader.atEnd()) || (inflate && inflate.bytesWritten !== element.size))
            throw refuse(`"${header.name}" is followed by bytes that belong to no array.`);
        }),
    };
  } finally {
    close();
  }
}

function innerSize(
  { type, bytes }: { readonly type: number; readonly bytes: number },
  refuse: (sentence: string) => Error,
): number {
  if (type !== matrixType) throw refuse(`a compressed element should hold an array, and holds type ${type}.`);
  return bytes;
}

/** A compressed element that goes over the file's end is inflated as far as it goes: how much of it is whole
 *  is worth telling. */
function openElement({ file, start, size, compressed, fileBytes }: Element): {
  reader: StreamReader;
  inflate: Inflate | null;
  close: () => void;
} {
  const raw = createReadStream(file, {
    start,
    end: Math.max(start, start + size - 1),
    highWaterMark: 1 << 18,
  });
  if (!compressed)
    return {
      reader: new StreamReader(raw as AsyncIterable<Uint8Array>),
      inflate: null,
      close: () => raw.destroy(),
    };
  const isCut = start + size > fileBytes;
  const inflate = createInflate({
    chunkSize: 1 << 18,
    finishFlush: isCut ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  });
  pipeline(raw, inflate, () => undefined); // errors arrive where the inflated bytes are read
  return {
    reader: new StreamReader(inflate as AsyncIterable<Uint8Array>),
    inflate,
    close: () => raw.destroy(),
  };
}

/** Ends of data and zlib's errors as sentences about the file. */
async function within<T>(element: Element, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(element, error);
  }
}

async function* translated(element: Element, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    throw explained(element, error);
  }
}

function explained({ file, start, size, fileBytes }: Element, error: unknown): unknown {
  if (start + size > fileBytes && !(error instanceof BadInputError)) {
    return truncated(
      file,
      `an element should end at byte ${start + size}, and the file ends at byte ${fileBytes}.`,
    );
  }
  if (error instanceof EndOfDataError) return malformed(file, 'an array ends before its values do.');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_')
    ? malformed(file, `compressed data at byte ${start} are corrupt (${(error as Error).message}).`)
    : error;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
