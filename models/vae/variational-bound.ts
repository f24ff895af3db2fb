/** Training of a variational autoencoder: ascends the evidence lower bound of a batch. */
import { drawBytes, type DataForm } from '../training/batch.ts';
import { gradientOf } from '../training/gradient.ts';
import { playerSteps, type BatchSizes } from '../training/micro-batch.ts';
import { drawLatents } from '../training/batch.ts';
import type { Player } from '../training/player.ts';
import { heldOutBytes, heldOutImages, type HeldOutMetrics } from '../training/held-out-metrics.ts';
import { alone, programOf, type Training } from '../training/training.ts';
import type { ProgramFunction } from '../graph/program.ts';
import { unflatten, type Params } from '../core/params.ts';
import { tf, type Tensor, type Tensors } from '../core/tensors.ts';
import type { VaeConfig } from './config.ts';
import { evidence } from './evidence.ts';
import { createVae, type Vae } from './vae.ts';

/** Throws ShapeError where the images do not fit the model. */
export function variationalBound(
  config: VaeConfig,
  data: DataForm,
  heldOut: number,
): Training & { readonly config: VaeConfig } {
  const vae = createVae(config.model, data.shape);
  const player: Player = { name: 'vae', specs: vae.params, optimiser: config.vae };
  const program = programOf(
    { config, data, players: [player] },
    { functions: steps(vae, player, data, config), probe: boundProbe(vae, data, heldOut) },
  );
  return {
    config,
    data,
    program,
    ...alone(player),
    watched: (outputs) => ({ ...outputs, value: outputs.bitsPerDim! * Math.LN2 }),
  };
}

const steps = (
  vae: Vae,
  player: Player,
  data: DataForm,
  sizes: BatchSizes,
): Record<string, ProgramFunction> =>
  playerSteps(player, sizes, data, (variables, key, rows) => {
    const bytes = rows(drawBytes(data, variables.data!, sizes.batchSize, key));
    const noise = rows(drawLatents(sizes.batchSize, vae.latent, key));
    return gradientOf(player.specs, variables.vae!, (params) => {
      const measured = bound(vae, params, bytes, noise);
      return { loss: tf.mul(measured.bitsPerDim!, Math.LN2), aux: measured };
    });
  });

/** Means over a batch: the bound in bits/dim, and its two terms in nats. */
function bound(vae: Vae, params: Params, bytes: Tensor, noise: Tensor): Tensors {
  const { reconstruction, divergence, bound: nats } = evidence(vae, params, bytes, noise);
  const dim = bytes.size / bytes.shape[0]!;
  return {
    bitsPerDim: tf.div(tf.mean(nats), -dim * Math.LN2),
    reconstruction: tf.mean(reconstruction),
    divergence: tf.mean(divergence),
  };
}

/** The bound of the averaged weights on held-out images, with the same noise every time. */
function boundProbe(vae: Vae, data: DataForm, count: number): HeldOutMetrics | null {
  if (count === 0) return null;
  return {
    variables: heldOutImages(count, data),
    run: {
      inputs: {},
      run(variables) {
        const noise = drawLatents(count, vae.latent, tf.tensor1d([0, 0], 'int32'));
        const params = unflatten(vae.params, variables['vae.average']!);
        return {
          outputs: {
            'bitsPerDim.heldOut': bound(vae, params, heldOutBytes(variables, data), noise).bitsPerDim!,
          },
        };
      },
    },
  };
}
