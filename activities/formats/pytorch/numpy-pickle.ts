/** A pickle of numbers, texts, lists, dictionaries and numpy's arrays, of Python 2 or 3. Of classes and
 *  functions it knows those that numpy makes an array by (numpy/core/src/multiarray/methods.c, array_reduce
 *  and array_setstate); every other is refused and nothing is executed. */
import { BadInputError } from '../../ports/data-errors.ts';
import { magics, remedyFor } from '../foreign-form.ts';
import { ByteReader } from './byte-reader.ts';
import { pickleShown } from './shown.ts';
import { unpickle, type PickleRules, type PickleValue } from './unpickle.ts';

/** As the pickle has it; nothing is known of it before its state is set. */
export class PickledArray {
  shape: readonly number[] = [];
  /** As numpy's dtype names it, such as u1 or i8. */
  type = '';
  /** Columns first. */
  fortran = false;
  /** In the byte order of the machine that wrote it. */
  content: Uint8Array = new Uint8Array(0);
}

class DType {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

interface Known {
  readonly known: 'reconstruct' | 'ndarray' | 'dtype';
}
const names: Readonly<Record<string, Known['known']>> = {
  'numpy.core.multiarray._reconstruct': 'reconstruct',
  'numpy._core.multiarray._reconstruct': 'reconstruct',
  'numpy.ndarray': 'ndarray',
  'numpy.dtype': 'dtype',
};
/** Names and labels are texts; what is longer is an array's content. Latin 1 keeps every byte, so that a
 *  short content can be had back. */
const longestText = 255;

/** Throws BadInputError with `name`, the file's, in its message. */
export function readNumpyPickle(bytes: Uint8Array, name: string): PickleValue {
  try {
    return unpickle(new ByteReader(bytes), rules);
  } catch (error) {
    if (!(error instanceof BadInputError)) throw error;
    throw new BadInputError(
      `${name} is no pickle of numpy's arrays that can be read: ${error.message}. `
        + `${remedyFor(bytes, 'Copy the official file again.', magics.gzip)}`,
    );
  }
}

const rules: PickleRules = {
  global(name) {
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known === undefined)
      throw new BadInputError(
        `it asks for ${JSON.stringify(name)}, which is none of what arrays are made of; nothing was executed`,
      );
    return { known } as Known;
  },
  call(callee, args) {
    const known =
      typeof callee === 'object' && callee !== null && 'known' in callee
        ? (callee as Known).known
        : 'what is no name';
    if (known === 'reconstruct' && args.length === 3) return new PickledArray();
    if (known === 'dtype' && args.length === 3 && typeof args[0] === 'string') return new DType(args[0]);
    throw new BadInputError(
      `it calls ${known} with ${args.length} arguments, which arrays do not need; nothing was executed`,
    );
  },
  persistent() {
    throw new BadInputError('it names something outside the pickle');
  },
  bytes: (content) => (content.length > longestText ? content : Buffer.from(content).toString('latin1')),
  build(target, state) {
    const parts = Array.isArray(state) ? (state as readonly PickleValue[]) : [];
    if (target instanceof PickledArray && parts.length === 5) setArray(target, parts);
    // version, byte order, then what only records and subarrays have
    else if (target instanceof DType && parts.length >= 5 && parts.slice(2, 5).every((part) => part === null))
      return;
    else throw new BadInputError('its pickle gives attributes to what is no array');
  },
};

function setArray(array: PickledArray, [, shape, type, fortran, content]: readonly PickleValue[]): void {
  const isShape =
    Array.isArray(shape)
    && shape.length <= 32
    && shape.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0);
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  if (
    !isShape
    || !(type instanceof DType)
    || typeof fortran !== 'boolean'
    || !(bytes instanceof Uint8Array)
  ) {
    throw new BadInputError(
      `an array has shape ${pickleShown(shape)}, a type and content that numpy does not write`,
    );
  }
  Object.assign(array, { shape, type: type.name, fortran, content: bytes });
}
