/** What goes into a network and what comes out of it, by its element type: converted where that is exact,
 *  refused by name where it is not. */
import { Tensor } from 'onnxruntime-node';
import { DataError } from '../../../models/core/errors.ts';
import { pixelsOf } from './image-job.ts';
import { fromFloat16, toFloat16 } from './float16.ts';

export type Floats = Float32Array | Float64Array;

export interface NetworkOutput {
  /** The first is the batch. */
  readonly shape: readonly number[];
  /** Row-major. float64 where the network gives float64, else float32. */
  readonly values: Floats;
  /** The network's own: float16 is less exact than `values` shows. */
  readonly type: 'float32' | 'float64' | 'float16';
}

export interface NetworkInput {
  readonly name: string;
  /** Of its elements, as onnxruntime names it. */
  readonly type: string;
  /** A name stands for a size left open. */
  readonly shape: readonly (number | string)[];
}

/** The numbers of a tensor exactly as they are; null where its elements are no floats. */
export function floatsOf({
  type,
  data,
}: Pick<Tensor, 'type' | 'data'>): Pick<NetworkOutput, 'values' | 'type'> | null {
  if (type === 'float32' && data instanceof Float32Array) return { type, values: data };
  if (type === 'float64' && data instanceof Float64Array) return { type, values: data };
  return type === 'float16' ? { type, values: fromFloat16(data as Uint16Array) } : null;
}

/** An output with a row for each of `rows` inputs. Throws DataError with the file's name, what was expected
 *  and what came. */
export function outputOf(
  tensor: Tensor,
  { file, output, rows }: { readonly file: string; readonly output: string; readonly rows: number },
): NetworkOutput {
  const { type, dims } = tensor;
  const refused = (remedy: string): DataError =>
    new DataError(
      `Expected the output "${output}" of ${file} to be float32 [${rows}, ...], got ${type} `
        + `[${dims.join(', ')}]. ${remedy}`,
    );
  const floats = floatsOf(tensor);
  if (floats === null) throw refused('Give a network whose output is float32, float16 or float64.');
  if (dims[0] !== rows)
    throw refused(`Give a network with one row for each of its inputs; this one was given ${rows}.`);
  const size = pixelsOf(dims);
  if (floats.values.length !== size)
    throw refused(`It should hold ${size} numbers and holds ${floats.values.length}.`);
  return { ...floats, shape: dims };
}

/** From bits. Where Node has a Float16Array (24 and later) the tensor makes one of them, in which
 *  onnxruntime-node 1.30 then finds no bytes ("not enough space: expected 672, got 0"); the bits themselves
 *  it takes on every Node. */
export const float16Tensor = (bits: Uint16Array, shape: readonly number[]): Tensor =>
  Object.defineProperty(new Tensor('float16', bits, shape), 'data', { value: bits });

/** Numbers as the input of a network takes them. Throws DataError where its element type cannot hold them
 *  exactly. */
export function inputOf(
  values: Float32Array,
  shape: readonly number[],
  { name, type }: NetworkInput,
  file: string,
): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', values, shape);
    case 'float64':
      return new Tensor('float64', Float64Array.from(values), shape);
    case 'float16': {
      const bits = toFloat16(values);
      if (bits !== null) return float16Tensor(bits, shape);
      break;
    }
    case 'uint8': {
      const bytes = Uint8Array.from(values);
      if (bytes.every((byte, i) => byte === values[i])) return new Tensor('uint8', bytes, shape);
    }
  }
  throw new DataError(
    `Expected the input "${name}" of ${file} to take float32 [${shape.join(', ')}], got an input of `
      + `${type}, which cannot hold these numbers exactly. Save the network with a float32 input.`,
  );
}
