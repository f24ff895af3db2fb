/** `--scale F`: every training of a configuration shortened, or lengthened, alike. */
import { isSection } from './setting.ts';

export const largestScale = 100;

/** What counts updates of a training and is laid out over its length. Learning rates and the EBM are warmed
 *  up for the same share of it, and as many lines and held-out scores are kept. Decay, checkpoints and
 *  patience go by shares or segments, and follow by themselves. The average of the weights stays: it reaches
 *  back over a tenth of the updates at most (models/optim/schedule.ts). So do windows of rules against
 *  divergence and of turns, which see the noise of single updates. */
const followers: ReadonlySet<string> = new Set([
  'updates',
  'logEvery',
  'probeEvery',
  'warmupUpdates',
  'ebmWarmupUpdates',
]);

/** A copy with the updates of every training times `factor`, and what follows from them: to the nearest whole
 *  number, and 1 at least where it was not 0. Data, models, evaluation and batches stay. What is no number
 *  stays too, for the rules of the configuration to name. */
export function scaleConfig(config: unknown, factor: number): unknown {
  if (!isSection(config)) return config;
  const { baselines, featureNetwork, pretrain, contrast } = config;
  const trainings = { featureNetwork, pretrain, contrast };
  const compared = isSection(baselines) ? { baselines: scaledEach(baselines, factor) } : {};
  return { ...config, ...scaledEach(trainings, factor), ...compared };
}

const scaledEach = (trainings: Readonly<Record<string, unknown>>, factor: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(trainings).flatMap(([name, training]) =>
      training === undefined ? [] : [[name, scaled(training, factor)]],
    ),
  );

/** A training, or the section of one of its players. */
function scaled(section: unknown, factor: number): unknown {
  if (!isSection(section) || Array.isArray(section)) return section;
  return Object.fromEntries(
    Object.entries(section).map(([name, value]) => [
      name,
      followers.has(name) && typeof value === 'number'
        ? scaledCount(value, factor)
        : isPlayer(value)
          ? scaled(value, factor)
          : value,
    ]),
  );
}

const isPlayer = (value: unknown): boolean => isSection(value) && Object.hasOwn(value, 'learningRate');

/** What is no whole number is left for its rule to name. */
const scaledCount = (count: number, factor: number): number =>
  count > 0 && Number.isInteger(count) ? Math.max(1, Math.round(count * factor)) : count;
