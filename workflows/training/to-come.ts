/** The trainings that a run makes, and those of them that have not begun. Plain data in, plain data out. */
import type { ControlConfig, TrainingConfig } from '../../activities/config/experiment-config.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { RunRequest, RunSnapshot } from '../../activities/contracts/run.ts';

/** A control's updates may be chosen only when it begins. */
export type ConfigToCome = TrainingConfig | ControlConfig;

/** Those of the main line first, in their order. */
export function configuredTrainings({
  config,
  features,
  withoutBaselines,
}: Pick<RunRequest, 'config' | 'features' | 'withoutBaselines'>): [TrainingName, ConfigToCome][] {
  const { pretrain, contrast, featureNetwork } = config;
  const {
    control = null,
    flowMle = null,
    nceStandard = null,
    nceMatched = null,
    vae = null,
    dcgan = null,
  } = withoutBaselines ? {} : config.baselines;
  const all: Readonly<Partial<Record<TrainingName, ConfigToCome | null>>> = {
    pretrain,
    contrast,
    control,
    'flow-mle': flowMle,
    'nce-standard': nceStandard,
    'nce-matched': nceMatched,
    vae,
    dcgan,
    features: features === null ? (featureNetwork ?? null) : null,
  };
  return Object.entries(all).flatMap(([name, section]) =>
    section ? [[name as TrainingName, section] satisfies [TrainingName, ConfigToCome]] : [],
  );
}

/** Without those that go on or have ended, with a result or without. */
export function toCome(
  { request, trainings, gaveUp = [] }: Pick<RunSnapshot, 'request' | 'trainings' | 'gaveUp'>,
  underWay: ReadonlySet<TrainingName>,
): [TrainingName, ConfigToCome][] {
  const hasEnded = (name: TrainingName): boolean =>
    trainings[name] !== undefined || gaveUp.some(({ training }) => training === name);
  return configuredTrainings(request).filter(([name]) => !underWay.has(name) && !hasEnded(name));
}
