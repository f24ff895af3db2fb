/** The matrix element of MATLAB 5 files: flags, shape, name, then values, or matrices inside it. Everything
 *  is checked against the sizes above it, so that a malformed file ends in an error and in nothing else. */
import type { StreamReader } from '../byte-reader.ts';
import { matrixType, padding, readTag, storageOf, view, type MatStorage, type Tag } from './mat-elements.ts';

const classNames = [
  '',
  'cell',
  'struct',
  'object',
  'char',
  'sparse',
  'double',
  'single',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'function',
  'opaque',
] as const;
const firstNumeric = 6;
const lastNumeric = 15;
const opaque = 17;
const deepest = 64;
const longestName = 4096;
const mostDimensions = 32;

export interface MatrixHeader {
  readonly name: string;
  readonly className: string;
  /** Column-major; [] for an opaque object, which has none. */
  readonly shape: readonly number[];
  readonly complex: boolean;
  /** A dense array of numbers: its values can be read. */
  readonly numeric: boolean;
}

/** Where a matrix lies: its reader, byte order, the place its data end, and how to refuse it. */
export interface MatrixPlace {
  readonly reader: StreamReader;
  readonly littleEndian: boolean;
  readonly end: number;
  readonly refuse: (sentence: string) => Error;
}

export async function readMatrixHeader(place: MatrixPlace): Promise<MatrixHeader> {
  const { refuse } = place;
  const flags = await readPart(place, 'array flags', ['uint32'], 8);
  const word = view(flags.data).getUint32(0, place.littleEndian);
  const classCode = word & 0xff;
  const className = classNames[classCode];
  if (className === undefined || className === '')
    throw refuse(`array class ${classCode} is not one of 1 to ${classNames.length - 1}.`);
  const shape = classCode === opaque ? [] : await readShape(place);
  const { data } = await readPart(place, 'array name', ['int8', 'uint8', 'utf8'], longestName);
  const name = Buffer.from(data).toString('utf8').replace(/\0+$/, '');
  if (!/^[\w.]*$/.test(name))
    throw refuse(`an array name is letters, digits and underscores, got ${JSON.stringify(name)}.`);
  return {
    name,
    className,
    shape,
    complex: (word & 0x800) !== 0,
    numeric: classCode >= firstNumeric && classCode <= lastNumeric,
  };
}

async function readShape(place: MatrixPlace): Promise<number[]> {
  const { data } = await readPart(place, 'dimensions', ['int32', 'uint32'], mostDimensions * 4);
  const sizes = view(data);
  const shape = Array.from({ length: data.length / 4 }, (_, i) => sizes.getInt32(4 * i, place.littleEndian));
  if (shape.length < 2 || shape.some((size) => size < 0))
    throw place.refuse(`dimensions are two or more counts, got [${shape}].`);
  if (!Number.isSafeInteger(shape.reduce((a, b) => a * b, 1)))
    throw place.refuse(`an array of [${shape}] values is too large.`);
  return shape;
}

/** Pieces of the values of a numeric array, in the byte order of the file; the caller looks at the storage
 *  first. */
export interface StoredValues {
  readonly storage: MatStorage;
  readonly width: number;
  readonly littleEndian: boolean;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** The real part; its pieces must be read to their end before anything else of the matrix. */
export async function openValues(
  place: MatrixPlace,
  { shape, name, className, complex }: MatrixHeader,
): Promise<StoredValues> {
  const tag = await readTagWithin(place);
  const stored = storageOf(tag.type);
  if (!stored)
    throw place.refuse(`the values of "${name}" have storage type ${tag.type}, which holds no numbers.`);
  const wanted = shape.reduce((a, b) => a * b, 1) * stored.width;
  if (tag.bytes !== wanted)
    throw place.refuse(
      `"${name}" (${className} [${shape}], stored as ${stored.name}) needs ${wanted} bytes of `
        + `values, its tag says ${tag.bytes}.`,
    );
  const after = place.end - place.reader.position - (tag.inTag ? 0 : tag.bytes + padding(tag.bytes));
  if (!complex && after !== 0) throw place.refuse(`"${name}" goes on for ${after} bytes behind its values.`);
  return {
    storage: stored.name,
    width: stored.width,
    littleEndian: place.littleEndian,
    pieces: dataOf(place, tag),
  };
}

async function* dataOf({ reader }: MatrixPlace, { inTag, bytes }: Tag): AsyncGenerator<Uint8Array> {
  if (inTag) {
    yield inTag;
    return;
  }
  yield* reader.pieces(bytes);
  await reader.skip(padding(bytes));
}

/** Reads what is left of a matrix, matrices inside it to their own ends. */
export async function walkRest(place: MatrixPlace, depth = 0): Promise<void> {
  if (depth > deepest) throw place.refuse(`arrays lie in each other more than ${deepest} deep.`);
  while (place.reader.position < place.end) {
    const tag = await readTagWithin(place);
    if (tag.type === matrixType && tag.bytes > 0)
      await walkInner({ ...place, end: place.reader.position + tag.bytes }, depth);
    else if (tag.type !== matrixType && !storageOf(tag.type))
      throw place.refuse(`an element of type ${tag.type} lies inside an array; there is no such type.`);
    else if (!tag.inTag) await place.reader.skip(tag.bytes + padding(tag.bytes));
  }
}

async function walkInner(place: MatrixPlace, depth: number): Promise<void> {
  const header = await readMatrixHeader(place);
  if (header.numeric) for await (const _ of (await openValues(place, header)).pieces);
  await walkRest(place, depth + 1);
}

async function readPart(
  place: MatrixPlace,
  what: string,
  allowed: readonly MatStorage[],
  most: number,
): Promise<{ data: Uint8Array }> {
  const tag = await readTagWithin(place);
  const storage = storageOf(tag.type)?.name;
  if (!storage || !allowed.includes(storage))
    throw place.refuse(
      `its ${what} should be stored as ${allowed.join(' or ')}, and have type ${storage ?? tag.type}.`,
    );
  if (tag.bytes > most)
    throw place.refuse(`its ${what} should take at most ${most} bytes, and take ${tag.bytes}.`);
  if (tag.inTag) return { data: tag.inTag };
  const data = await place.reader.take(tag.bytes);
  await place.reader.skip(padding(tag.bytes));
  return { data };
}

async function readTagWithin(place: MatrixPlace): Promise<Tag> {
  const start = place.reader.position;
  const tag = await readTag(place.reader, place.littleEndian);
  if (start + tag.extent > place.end) {
    throw place.refuse(
      `an element of ${tag.extent} bytes at byte ${start} of an array goes over the array's end at `
        + `byte ${place.end}.`,
    );
  }
  return tag;
}
