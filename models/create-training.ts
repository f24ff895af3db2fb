/** A training from its configuration: one file for each method. */
import { classification } from './classifier/classification.ts';
import { ConfigError } from './core/errors.ts';
import { adversarial } from './gan/adversarial.ts';
import { variationalBound } from './vae/variational-bound.ts';
import { isImage, type DataForm } from './training/batch.ts';
import type { ModelsConfig } from './fce/config.ts';
import type { DensityTraining } from './fce/density-training.ts';
import type { Training } from './training/training.ts';
import type { TrainingConfig } from './training-schema.ts';
import { flowContrast } from './fce/trainings/flow-contrast.ts';
import { likelihood } from './fce/trainings/likelihood.ts';
import { noiseContrast } from './fce/trainings/noise-contrast.ts';

/** With the models that it trains, where they are a flow or an EBM. */
export type CreatedTraining = Training
  & Pick<DensityTraining, 'flow' | 'ebm'> & { readonly config: TrainingConfig };

/** `models`: flow and EBM; null for methods whose models are part of their own section. `heldOut`: points or
 *  images that the probe looks at, 0 for no probe. Throws ConfigError or ShapeError where configuration and
 *  data do not go together. */
export function createTraining(
  config: TrainingConfig,
  models: ModelsConfig | null,
  data: Omit<DataForm, 'flips'>,
  heldOut: number,
): CreatedTraining {
  const form: DataForm = { ...data, flips: config.flips };
  if (config.flips && !isImage(form))
    throw new ConfigError('Expected flips = false for points, got true: only images can be mirrored.');
  if (form.fed && !isImage(form))
    throw new ConfigError(
      'Expected points as a variable, got them fed row by row: only images are. Leave fed out.',
    );
  switch (config.method) {
    case 'mle':
      return likelihood(config, given(models), form, heldOut);
    case 'nce':
      return noiseContrast(config, given(models), form, heldOut);
    case 'fce':
      return flowContrast(config, given(models), form, heldOut);
    case 'vae':
      return variationalBound(config, images(config, form), heldOut);
    case 'gan':
      return adversarial(config, images(config, form));
    case 'classifier':
      return classification(config, images(config, form), heldOut);
  }
}

function given(models: ModelsConfig | null): ModelsConfig {
  if (models === null)
    throw new ConfigError(
      'Expected the configuration of flow and EBM for methods mle, nce and fce, got none.',
    );
  return models;
}

function images({ method }: TrainingConfig, form: DataForm): DataForm {
  if (!isImage(form))
    throw new ConfigError(
      `Expected images for method ${method}, got points of shape [${form.shape}]. Leave it out for points.`,
    );
  return form;
}
