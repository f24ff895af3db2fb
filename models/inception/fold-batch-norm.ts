/** Batch normalisation with fixed statistics is an affine map of each channel: it becomes part of the
 *  convolution before it. */
import { DataError, ShapeError } from '../core/errors.ts';

export interface Weight {
  readonly shape: readonly number[];
  /** Row-major, float64. */
  values(): Float64Array;
}
export type WeightsByName = ReadonlyMap<string, Weight>;

export interface FoldedConv {
  /** [out, in, height, width] */
  readonly shape: readonly number[];
  readonly kernel: Float32Array;
  /** [out] */
  readonly bias: Float32Array;
}

/** Of every normalisation in Inception v3 (torchvision's BasicConv2d). */
const epsilon = 0.001;

/** kernel' = kernel s, bias' = beta - mean s, with s = gamma / sqrt(variance + 0.001) of each output channel;
 *  float64, rounded once. Throws ShapeError or DataError where weights are missing, of another shape or not
 *  finite. */
export function foldBatchNorm(weights: WeightsByName, path: string): FoldedConv {
  const { shape, values } = weightOf(weights, `${path}.conv.weight`, 4);
  const channels = shape[0]!;
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => {
    const found = weightOf(weights, `${path}.bn.${part}`, 1);
    if (found.shape[0] !== channels)
      throw new ShapeError(`Expected ${path}.bn.${part} to have ${channels} values, got ${found.shape[0]}.`);
    return found.values;
  }) as [Float64Array, Float64Array, Float64Array, Float64Array];
  const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + epsilon));
  const each = values.length / channels;
  const kernel = new Float32Array(values.map((value, i) => value * scale[Math.floor(i / each)]!));
  const bias = new Float32Array(beta.map((value, i) => value - mean[i]! * scale[i]!));
  if (!kernel.every(Number.isFinite) || !bias.every(Number.isFinite))
    throw new DataError(
      `Expected finite weights of ${path}, got some that are not. Download the weights again.`,
    );
  return { shape, kernel, bias };
}

function weightOf(
  weights: WeightsByName,
  name: string,
  dimensions: number,
): { shape: readonly number[]; values: Float64Array } {
  const found = weights.get(name);
  if (!found)
    throw new ShapeError(
      `Expected a weight ${name}, got ${weights.size} others: these are weights of another network `
        + 'than the FID Inception network.',
    );
  if (found.shape.length !== dimensions)
    throw new ShapeError(
      `Expected ${name} to have ${dimensions} dimensions, got a shape of [${found.shape.join(', ')}].`,
    );
  return { shape: found.shape, values: found.values() };
}
