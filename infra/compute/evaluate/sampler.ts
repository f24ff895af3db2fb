/** A sampler's ONNX file: latents z [n, dim] in, images x [n, H, W, C] out. Its latents may have another
 *  dimension than its images. */
import { DataError } from '../../../models/core/errors.ts';
import { normal } from '../../../models/core/random.ts';
import type { OnnxSession, OnnxRuntime } from './onnx-runtime.ts';

export interface OnnxSampler {
  readonly latentDim: number;
  readonly outputNames: readonly string[];
  /** z [n * latentDim]; the outputs asked for, row-major. */
  run<N extends string>(z: Float32Array, outputs: readonly N[]): Promise<Record<N, Float32Array>>;
}

/** `name`: the result's; in a store the file's own is its hash. Throws DataError where the size of a latent
 *  is not told by the file. */
export async function openSampler(path: string, runtime: OnnxRuntime, name: string): Promise<OnnxSampler> {
  const model = await runtime.open(path, { model: name });
  const latentDim = latentDimOf(model);
  return {
    latentDim,
    outputNames: model.outputNames,
    run: (z, outputs) => model.run(z, [z.length / latentDim, latentDim], outputs),
  };
}

function latentDimOf({ file, input: { shape } }: OnnxSession): number {
  const [, dim, ...rest] = shape;
  if (typeof dim === 'number' && rest.length === 0) return dim;
  throw new DataError(
    `A sampler takes latents of shape [batch, dim] with a fixed dim, and ${file} takes [${shape.join(', ')}].`,
  );
}

/** Draws latents N(0, temperature^2 I), a batch at each call. Samplers of one dimension and seed get the same
 *  ones. */
export function latentsFor(
  { latentDim }: OnnxSampler,
  seed: number,
  temperature: number,
  stream = 'evaluation/latents',
): (count: number) => Float32Array {
  const next = normal(seed, stream);
  return (count) => Float32Array.from({ length: count * latentDim }, () => temperature * next());
}
