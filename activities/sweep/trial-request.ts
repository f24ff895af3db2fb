/** What one trial of a sweep is asked for: the sweep's base with the trial's own settings. */
import type { ParameterValues } from '../../models/search/parameter.ts';
import { knownTo, valuesOf } from '../../models/search/sampler.ts';
import type { ScoredPoint } from '../../models/search/tpe.ts';
import { canonicalHash } from '../formats/canonical-hash.ts';
import type { ExperimentConfig } from '../config/experiment-config.ts';
import type { RunRequest } from '../contracts/run.ts';
import { configSchemaOf } from '../config/experiment-config.ts';
import { commandWith } from './command-with.ts';
import type { Halving, TrialRung, RecordedTrial, Sweep } from './contracts.ts';

export interface TrialRequest {
  readonly values: ParameterValues;
  readonly request: RunRequest;
}

/** `recorded`: what is known of earlier trials. Throws ZodError where the settings do not go together, Error
 *  where a trial is missing that this one's values depend on. */
export function trialRequest(
  sweep: Sweep,
  { trial, rung }: TrialRung,
  recorded: readonly RecordedTrial[],
  startedAt: string,
): TrialRequest {
  const values = valuesOf(sweep, trial, observations(sweep, trial, recorded));
  const { base, id, halving } = sweep;
  const config = withDataOf(
    base.config,
    configSchemaOf({ flowGiven: sweep.base.initialFlow !== undefined }).parse(
      withValues(base.config, values),
    ),
  );
  const until = untilOf(halving, rung, config);
  return {
    values,
    request: {
      ...base,
      config,
      startedAt,
      runId: `${id}-${hashOf(base, config)}`,
      title: `${base.title}: trial ${trial} of ${id}`,
      command: commandWith(base.command, values),
      ...(until !== null && { until }),
    },
  };
}

/** Update of the contrast that a rung's trials go on to; null: to the end. */
export function untilOf(
  halving: Halving | null,
  rung: number,
  { contrast: { updates } }: Pick<ExperimentConfig, 'contrast'>,
): number | null {
  const given = halving?.rungs[rung];
  if (given === undefined) return null;
  const until = given < 1 ? Math.ceil(given * updates) : given;
  return until >= updates ? null : until;
}

/** The first rung of the trials before this one's window: what TPE goes by. */
function observations(
  { sampler, objective: { goal } }: Sweep,
  trial: number,
  recorded: readonly RecordedTrial[],
): ScoredPoint[] {
  return Array.from({ length: knownTo(sampler, trial) }, (_, earlier) => {
    const found = recorded.find((one) => one.trial === earlier);
    const first = found?.rungs.find(({ rung }) => rung === 0);
    if (!found || !first)
      throw new Error(
        `Trial ${trial} is placed by the results of trials 0 to ${knownTo(sampler, trial) - 1}, but `
          + `trial ${earlier} has none yet.`,
      );
    return {
      values: found.values,
      loss: first.value === null ? null : goal === 'minimise' ? first.value : -first.value,
    };
  });
}

/** A base that an earlier version resolved draws its points from the run's seed: the default of now would
 *  draw others, and give its runs other ids. */
function withDataOf({ dataset }: ExperimentConfig, config: ExperimentConfig): ExperimentConfig {
  if (dataset.kind !== 'toy' || dataset.seed !== undefined || config.dataset.kind !== 'toy') return config;
  const { seed: _, ...drawn } = config.dataset;
  return { ...config, dataset: drawn };
}

/** A copy of the configuration with the values at their paths. */
export function withValues(config: ExperimentConfig, values: ParameterValues): unknown {
  const copy = structuredClone(config);
  for (const [path, value] of Object.entries(values)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    const section = keys.reduce<Record<string, unknown>>(
      (node, key) => node[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
    section[last] = value;
  }
  return copy;
}

/** Of all that a trial's result depends on. */
const hashOf = (
  { dataDir, features, reference = null, initialFlow }: RunRequest,
  config: ExperimentConfig,
): string =>
  canonicalHash({
    config,
    dataDir,
    features,
    reference,
    ...(initialFlow && { initialFlow: initialFlow.artifact.sha256 }),
  }).slice(0, 12);
