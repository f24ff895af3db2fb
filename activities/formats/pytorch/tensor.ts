/** Tensors of a PyTorch checkpoint: a view with strides into a storage of one type. */
import { BadInputError } from '../../ports/data-errors.ts';
import { pickleShown } from './shown.ts';

const widths = {
  FloatStorage: 4,
  DoubleStorage: 8,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
} as const;
export type StorageType = keyof typeof widths;
export const isStorageType = (name: string): name is StorageType => Object.hasOwn(widths, name);
export const storageBytes = (type: StorageType, count: number): number => count * widths[type];

export interface Storage {
  readonly type: StorageType;
  /** Elements. */
  readonly count: number;
  /** The storage's bytes, little-endian; the file is read when they are asked for, which may be after the
   *  pickle. */
  bytes(): Uint8Array;
}

const mostDimensions = 64;
const unsigned: readonly StorageType[] = ['ByteStorage', 'BoolStorage'];

/** `offset` and `strides` count elements; the values of a negated view are those of the storage times -1.
 *  Throws BadInputError for a view that leaves its storage, or is larger than it. */
export class CheckpointTensor {
  readonly shape: readonly number[];
  readonly storage: Storage;
  readonly #offset: number;
  readonly #strides: readonly number[];
  readonly #negated: boolean;

  constructor(storage: Storage, offset: unknown, shape: unknown, strides: unknown, negated = false) {
    if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length) {
      throw new BadInputError(
        `a tensor has offset ${pickleShown(offset)}, shape ${pickleShown(shape)} and strides `
          + `${pickleShown(strides)}, which should be whole numbers, a stride for each size`,
      );
    }
    const size = sizeOf(shape);
    const last = size === 0 ? -1 : shape.reduce((sum, n, i) => sum + (n - 1) * strides[i]!, offset);
    if (last >= storage.count || size > storage.count) {
      throw new BadInputError(
        `a tensor of shape [${shape}] and strides [${strides}] at ${offset} does not fit its storage `
          + 'of '
          + `${storage.count}${last < storage.count ? ', which an expanded one repeats. Save it with .contiguous()' : ''}`,
      );
    }
    if (negated && unsigned.includes(storage.type))
      throw new BadInputError(`a tensor of ${storage.type} is marked as negated, which it has no sign for`);
    [this.shape, this.storage, this.#offset, this.#strides, this.#negated] = [
      shape,
      storage,
      offset,
      strides,
      negated,
    ];
  }

  /** Row-major, float64, which holds every float type exactly; integers beyond 2^53 lose their last
   *  digits. */
  values(): Float64Array {
    const values = this.#stored();
    return this.#negated ? values.map((value) => -value) : values;
  }

  #stored(): Float64Array {
    const read = readers[this.storage.type](viewOf(this.storage.bytes()));
    const values = new Float64Array(sizeOf(this.shape));
    if (this.#isContiguous()) {
      for (let i = 0; i < values.length; i++) values[i] = read(this.#offset + i);
      return values;
    }
    const index = this.shape.map(() => 0);
    for (let i = 0, at = this.#offset; i < values.length; i++) {
      values[i] = read(at);
      // the next element's index, with the place it has in the storage
      for (let d = index.length - 1; d >= 0; d--) {
        at += this.#strides[d]!;
        index[d]! += 1;
        if (index[d]! < this.shape[d]!) break;
        at -= index[d]! * this.#strides[d]!;
        index[d] = 0;
      }
    }
    return values;
  }

  #isContiguous(): boolean {
    return this.shape.every((size, d) => size === 1 || this.#strides[d] === sizeOf(this.shape.slice(d + 1)));
  }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= mostDimensions && value.every(isCount);
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

type Reader = (view: DataView) => (index: number) => number;
const readers: Readonly<Record<StorageType, Reader>> = {
  FloatStorage: (v) => (i) => v.getFloat32(4 * i, true),
  DoubleStorage: (v) => (i) => v.getFloat64(8 * i, true),
  HalfStorage: (v) => (i) => halfToNumber(v.getUint16(2 * i, true)),
  // the upper half of a float32
  BFloat16Storage: (v) => (i) => {
    scratch.setUint32(0, v.getUint16(2 * i, true) << 16);
    return scratch.getFloat32(0);
  },
  LongStorage: (v) => (i) => Number(v.getBigInt64(8 * i, true)),
  IntStorage: (v) => (i) => v.getInt32(4 * i, true),
  ShortStorage: (v) => (i) => v.getInt16(2 * i, true),
  CharStorage: (v) => (i) => v.getInt8(i),
  ByteStorage: (v) => (i) => v.getUint8(i),
  BoolStorage: (v) => (i) => v.getUint8(i),
};
const scratch = new DataView(new ArrayBuffer(4));

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
