/** A trained generator's exported function. */
import type { Forward } from '../graph/onnx.ts';
import { namedParams } from '../core/params.ts';
import { normal } from '../core/random.ts';
import { tf, type NamedArray, type NamedArrays, type Tensors } from '../core/tensors.ts';
import type { GanConfig } from './config.ts';
import { createDcgan, type Generator } from './dcgan.ts';

/** Latents that the moments of the normalised layers are measured on, the same for every export. */
const measuredOn = 1024;

/** `dcgan-sampler`: z [batch, latent] -> x [batch, H, W, C] in [-1/2, 1/2). While training every batch is
 *  normalised by its own moments; the exported sampler has them as constants, measured with the averaged
 *  weights. Running averages kept while training would be of other weights. */
export function dcganForwards(
  { model }: GanConfig,
  shape: readonly number[],
  checkpoint: NamedArrays,
): Forward[] {
  const { generator } = createDcgan(model, shape);
  const weights = namedParams(generator.params, checkpoint['generator.average']!.values);
  return [
    {
      name: 'dcgan-sampler',
      weights: { ...weights, ...frozenMoments(generator, weights) },
      inputs: { z: { shape: ['batch', generator.latent], dtype: 'float32' } },
      run: (params, { z }) => ({ x: generator.sample(params, z!) }),
    },
  ];
}

function frozenMoments(generator: Generator, weights: NamedArrays): NamedArrays {
  const next = normal(0, 'dcgan/moments');
  const latents = Float32Array.from({ length: measuredOn * generator.latent }, next);
  const frozen: Record<string, NamedArray> = {};
  tf.tidy(() => {
    const params: Tensors = Object.fromEntries(
      Object.entries(weights).map(([name, { shape, values }]) => [
        name,
        tf.tensor(values.slice(), [...shape]),
      ]),
    );
    const moments = generator.freeze(params, tf.tensor2d(latents, [measuredOn, generator.latent]));
    for (const [name, tensor] of Object.entries(moments))
      frozen[name] = {
        shape: tensor.shape,
        dtype: 'float32',
        values: tensor.dataSync().slice() as Float32Array,
      };
  });
  return frozen;
}
