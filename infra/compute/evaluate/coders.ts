/** Models that go both ways: images to latents and back. */
import { pixelsOf, type ImageJob } from './image-job.ts';
import type { OnnxSession, OnnxRuntime } from './onnx-runtime.ts';
import { openSampler, type OnnxSampler } from './sampler.ts';

export interface Coder {
  readonly name: string;
  /** x [n, H, W, C] -> z [n * latentDim]. */
  encode(x: Float32Array): Promise<Float32Array>;
  /** z -> x, of as many. */
  decode(z: Float32Array): Promise<Float32Array>;
}

/** Those whose density's file gives latents `z`, and who have a sampler of the same name. */
export async function openCoders(
  { models, samplers, shape }: ImageJob,
  runtime: OnnxRuntime,
): Promise<Coder[]> {
  const coders: Coder[] = [];
  for (const [name, path] of Object.entries(samplers)) {
    if (models[name] === undefined) continue;
    const model = await runtime.open(models[name], { model: name });
    if (model.outputNames.includes('z'))
      coders.push(coderOf(name, model, await openSampler(path, runtime, name), shape));
  }
  return coders;
}

function coderOf(name: string, model: OnnxSession, sampler: OnnxSampler, shape: readonly number[]): Coder {
  const dim = pixelsOf(shape);
  return {
    name,
    encode: async (x) => (await model.run(x, [x.length / dim, ...shape], ['z'])).z,
    decode: async (z) => (await sampler.run(z, ['x'])).x,
  };
}
