/** Half-precision numbers by their bits (IEEE 754 binary16): Node 20 and 22 have no arrays of them, and
 *  onnxruntime gives them as Uint16Array. */

const patterns = 2 ** 16;

function valueOf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** Value of each pattern; all are exact in float32. */
const values = Float32Array.from({ length: patterns }, (_, bits) => valueOf(bits));
let bitsByValue: ReadonlyMap<number, number> | null = null;

/** As onnxruntime gives them: bits, or the numbers themselves where Node has a Float16Array. Exact. */
export const fromFloat16 = (data: Uint16Array | Iterable<number>): Float32Array =>
  data instanceof Uint16Array ? Float32Array.from(data, (bits) => values[bits]!) : Float32Array.from(data);

/** The bits of numbers; null where one of them is no half-precision number. */
export function toFloat16(numbers: Float32Array): Uint16Array | null {
  // of the two zeros the positive one
  bitsByValue ??= new Map(Array.from(values, (value, bits) => [value, bits] as const).reverse());
  const bits = new Uint16Array(numbers.length);
  for (const [i, value] of numbers.entries()) {
    const found = bitsByValue.get(value);
    if (found === undefined) return null;
    bits[i] = found;
  }
  return bits;
}
