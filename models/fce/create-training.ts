/** A training from its configuration: one file for each method. */
import { ConfigError } from '../errors.ts';
import { isImage, type DataForm } from './batch.ts';
import type { ModelsConfig } from './config.ts';
import type { Training } from './training.ts';
import type { TrainingConfig } from './training-schema.ts';
import { flowContrast } from './trainings/flow-contrast.ts';
import { likelihood } from './trainings/likelihood.ts';
import { noiseContrast } from './trainings/noise-contrast.ts';

export type { Training };

/** `probeCount`: held-out points with known log-density, 0 where there are none (images). */
export function createTraining(
  config: TrainingConfig,
  models: ModelsConfig,
  data: Omit<DataForm, 'flips'>,
  probeCount: number,
): Training {
  const form: DataForm = { ...data, flips: config.flips };
  if (config.flips && !isImage(form)) throw new ConfigError('Expected flips = false for points, got true: only images can be mirrored.');
  switch (config.method) {
    case 'mle':
      return likelihood(config, models, form, probeCount);
    case 'nce':
      return noiseContrast(config, models, form, probeCount);
    case 'fce':
      return flowContrast(config, models, form, probeCount);
  }
}
