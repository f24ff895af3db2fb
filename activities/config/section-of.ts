/** Where in a configuration a training's own section is. Plain data in, plain data out. */
import type { TrainingName } from '../contracts/names.ts';
import type { ControlConfig, TrainingConfig } from './experiment-config.ts';

/** As `--set` names it. */
export const sectionPaths: Readonly<Record<TrainingName, string>> = {
  'flow-mle': 'baselines.flowMle',
  'nce-standard': 'baselines.nceStandard',
  'nce-matched': 'baselines.nceMatched',
  vae: 'baselines.vae',
  dcgan: 'baselines.dcgan',
  control: 'baselines.control',
  features: 'featureNetwork',
  pretrain: 'pretrain',
  contrast: 'contrast',
};

/** null where the configuration has no such training; one of a record may lack the section. */
export function sectionOf(config: unknown, training: TrainingName): TrainingConfig | ControlConfig | null {
  const section = sectionPaths[training]
    .split('.')
    .reduce<unknown>(
      (node, key) => (node as Readonly<Record<string, unknown>> | null | undefined)?.[key],
      config,
    );
  return (section ?? null) as TrainingConfig | ControlConfig | null;
}
