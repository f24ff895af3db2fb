/** Noise contrastive estimation of the EBM: its opponent is a Gaussian that stands still. */
import { createEbm } from '../../ebm/create-ebm.ts';
import { ConfigError } from '../../core/errors.ts';
import { unflatten } from '../../core/params.ts';
import { isImage, type DataForm } from '../../training/batch.ts';
import type { ModelsConfig, NceConfig } from '../config.ts';
import { centredEbm, logProbOf } from '../initial-values.ts';
import { fitGaussian } from '../noise.ts';
import { gaussianOpponent } from '../opponent.ts';
import type { DensityTraining } from '../density-training.ts';
import type { Player } from '../../training/player.ts';
import { heldOutDensities } from '../../training/held-out-metrics.ts';
import { ebmUpdate } from '../step.ts';
import { alone, programOf } from '../../training/training.ts';

export function noiseContrast(
  config: NceConfig,
  models: ModelsConfig,
  data: DataForm,
  probeCount: number,
): DensityTraining {
  if (isImage(data))
    throw new ConfigError(
      'Expected points for method nce, got images: Gaussian noise is no opponent for images.',
    );
  const ebm = createEbm(models.ebm, data.shape);
  const ebmPlayer: Player = { name: 'ebm', specs: ebm.params, optimiser: config.ebm };
  const opponent = gaussianOpponent(data.shape[0]!);
  const contrast = {
    data,
    batchSize: config.batchSize,
    microBatch: config.microBatch,
    shards: config.shards,
    ebm,
    ebmPlayer,
    reference: null,
  };
  const program = programOf(
    { config, data, players: [ebmPlayer] },
    {
      functions: ebmUpdate(contrast, opponent),
      variables: opponent.variables,
      probe: heldOutDensities(probeCount, data.shape[0]!, {
        'mse.ebm': (variables, x) => ebm.logProb(unflatten(ebm.params, variables['ebm.average']!), x),
      }),
    },
  );
  return {
    config,
    data,
    ebm,
    program,
    ...alone(ebmPlayer),
    watched: (outputs) => ({ ...outputs, value: outputs.value! }),
    initialValues: (start, batch) => {
      const noise = fitGaussian(config.noise, start.data as Float32Array, data.shape[0]!);
      return {
        weights: { ebm: centredEbm(ebm, start, batch, logProbOf(opponent, noise)) },
        variables: noise,
      };
    },
  };
}
