/** A trained variational autoencoder's exported functions. */
import { outermostLevel } from '../training/batch.ts';
import type { Forward } from '../graph/onnx.ts';
import { namedParams } from '../core/params.ts';
import { tf, type NamedArrays } from '../core/tensors.ts';
import type { VaeConfig } from './config.ts';
import { createVae } from './vae.ts';

/** `vae-sampler`: z [batch, latent] -> x [batch, H, W, C], every pixel's location: the picture without the
 *  pixels' own noise, as samples of such models are commonly shown and scored, kept within the scale. */
export function vaeForwards(
  { model }: VaeConfig,
  shape: readonly number[],
  checkpoint: NamedArrays,
): Forward[] {
  const vae = createVae(model, shape);
  return [
    {
      name: 'vae-sampler',
      weights: namedParams(vae.params, checkpoint['vae.average']!.values),
      inputs: { z: { shape: ['batch', vae.latent], dtype: 'float32' } },
      run: (params, { z }) => ({
        x: tf.clipByValue(vae.decode(params, z!).location, -outermostLevel, outermostLevel),
      }),
    },
  ];
}
