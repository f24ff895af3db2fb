/** Noise contrastive estimation of the EBM: its opponent is a Gaussian that stands still. */
import { createEbm } from '../../ebm/create-ebm.ts';
import { ConfigError } from '../../core/errors.ts';
import { unflatten } from '../../core/params.ts';
import { isImage, type DataForm } from '../../training/batch.ts';
import type { ModelsConfig, NceConfig } from '../config.ts';
import { gaussianOpponent } from '../opponent.ts';
import type { Player } from '../../training/player.ts';
import { densityProbe } from '../../training/held-out-metrics.ts';
import { ebmStep } from '../step.ts';
import { alone, assemble, noContrast, type Training } from '../../training/training.ts';

export function noiseContrast(config: NceConfig, models: ModelsConfig, data: DataForm, probeCount: number): Training {
  if (isImage(data)) throw new ConfigError('Expected points for method nce, got images: Gaussian noise is no opponent for images.');
  const ebm = createEbm(models.ebm, data.shape);
  const ebmPlayer: Player = { name: 'ebm', specs: ebm.params, optimiser: config.ebm };
  const opponent = gaussianOpponent(data.shape[0]!);
  return assemble(
    { config, data, ...noContrast, ebm, opponent, ...alone(ebmPlayer), watched: (outputs) => ({ ...outputs, value: outputs.value! }) },
    {
      functions: ebmStep({ data, batchSize: config.batchSize, microBatch: config.microBatch, shards: config.shards, ebm, ebmPlayer, reference: null }, opponent),
      variables: opponent.variables,
      probe: densityProbe(probeCount, data.shape[0]!, { 'mse.ebm': (variables, x) => ebm.logProb(unflatten(ebm.params, variables['ebm.average']!), x) }),
    });
}
