/** Whether an execution provider computes what the CPU does: onnxruntime's WebGPU provider, for one, has
 *  convolved wrongly. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { floatsOf, type Floats } from './network-values.ts';

/** What ONNX files are held to against replay. Seen on WebGPU (H200): 2e-6. Half precision has 11 bits, of
 *  which a deep network loses some. */
const relativeTolerances = { float32: 1e-4, float64: 1e-4, float16: 1e-2 } as const;
/** Root mean square, for outputs that are zero on the CPU. */
const absoluteTolerance = 1e-6;

/** What `session` does wrong with the model on this input, by the reference's outputs of floats; null where
 *  they are the same. Throws where the reference cannot take the input. */
export async function faultOf(
  session: InferenceSession,
  reference: InferenceSession,
  input: Tensor,
): Promise<string | null> {
  const expected = await reference.run({ [reference.inputNames[0]!]: input });
  const found = await session.run({ [session.inputNames[0]!]: input }).catch(() => null);
  if (found === null) return 'cannot run';
  for (const name of reference.outputNames) {
    const [a, b] = [floatsOf(found[name]!), floatsOf(expected[name]!)];
    if (a === null || b === null) continue;
    const { error, norm, count } = compare(a.values, b.values);
    if (error > (relativeTolerances[b.type] * norm) ** 2 + absoluteTolerance ** 2 * count)
      return `is off the CPU's values by ${(Math.sqrt(error) / norm).toPrecision(2)} relative in`;
  }
  return null;
}

/** |a - b|^2 and |b| over the numbers that are finite on the CPU; one that is not on the provider is an
 *  infinite error. */
function compare(a: Floats, b: Floats): { error: number; norm: number; count: number } {
  let [error, square, count] = [0, 0, 0];
  for (const [i, value] of b.entries()) {
    if (!Number.isFinite(value)) continue;
    error += Number.isFinite(a[i]) ? (a[i]! - value) ** 2 : Infinity;
    square += value ** 2;
    count += 1;
  }
  return { error, norm: Math.sqrt(square), count };
}
