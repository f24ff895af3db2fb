/** What came of a sweep: its trials from the best on, what decided them, and the best one with its
 *  command. */
import {
  fewestTrials,
  importances,
  shareWithin,
  type Importance,
} from '../../../models/search/importance.ts';
import type { Parameter, ParameterValues } from '../../../models/search/parameter.ts';
import {
  bestOfSweep,
  configurationsOf,
  withoutSeed,
  type SweptConfiguration,
} from '../../sweep/configurations.ts';
import type { BestTrial } from '../../sweep/contracts.ts';

/** sweep.json, as far as a report reads it. */
export interface ReportedSweep {
  readonly sweep: {
    readonly id: string;
    readonly name: string;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly sampler?: { readonly kind: string };
    readonly seed: number;
    readonly trials: number;
    readonly objective: { readonly metric: string; readonly goal: 'minimise' | 'maximise' };
    readonly halving: {
      readonly kind: string;
      readonly rungs: readonly number[];
      readonly keep: number;
    } | null;
    readonly command: string;
    readonly base: { readonly experiment: string; readonly startedAt?: string; readonly command?: string };
  };
  readonly status: string;
  readonly repeatable?: boolean;
  readonly trials: readonly ReportedTrial[];
  readonly best: BestTrial | null;
}

export interface ReportedTrial {
  readonly trial: number;
  readonly runId: string;
  readonly values: ParameterValues;
  readonly rungs: readonly {
    readonly rung: number;
    readonly until: number | null;
    readonly status: string;
    readonly value: number | null;
    readonly seconds: number;
    readonly failure: { readonly type: string; readonly message: string } | null;
  }[];
}

export interface TrialRow {
  readonly trial: number;
  readonly runId: string;
  readonly status: string;
  /** The highest it ended, from 0 on, and the objective there; null where it failed. */
  readonly rung: number;
  readonly objective: number | null;
  readonly seconds: number;
  readonly failure: string | null;
  readonly values: ParameterValues;
}

export interface SweepResult {
  readonly sweep: string;
  readonly experiment: string;
  readonly status: string;
  readonly objective: { readonly metric: string; readonly goal: 'minimise' | 'maximise' };
  readonly planned: number;
  readonly command: string;
  /** Where seeds were swept of the first configuration, and `value` its mean. */
  readonly best: ReportedSweep['best'];
  /** From the best on; null where seeds were not swept. */
  readonly configurations: readonly SweptConfiguration[] | null;
  /** From the best on: who got further is better, whatever the value. */
  readonly trials: readonly TrialRow[];
  readonly importance: {
    /** What was measured, and on which trials. */
    readonly method: string;
    /** Empty where there were too few. The seed is no setting. */
    readonly parameters: readonly Importance[];
    /** Where seeds were swept, the share of the variance of the objective's ranks that lies between seeds of
     *  one configuration; else null. */
    readonly chance: number | null;
  };
}

export function sweepResult(record: ReportedSweep): SweepResult {
  const { sweep, status, trials } = record;
  const configurations = configurationsOf(record);
  const { id, objective, command, base, trials: planned } = sweep;
  const sign = objective.goal === 'minimise' ? 1 : -1;
  const rows = trials
    .map(rowOf)
    .sort(
      (a, b) =>
        Number(a.objective === null) - Number(b.objective === null)
        || b.rung - a.rung
        || sign * ((a.objective ?? 0) - (b.objective ?? 0))
        || a.trial - b.trial,
    );
  return {
    sweep: id,
    experiment: base.experiment,
    status,
    objective,
    planned,
    command,
    best: bestOfSweep(record),
    configurations,
    trials: rows,
    importance: importanceOf(sweep, trials, configurations),
  };
}

/** Of `importance.chance`, for people. */
export const chanceText = (chance: number): string =>
  `Between seeds of one configuration lies ${Math.round(100 * chance)} % of the variance of the `
  + 'ranks: what chance decides.';

function rowOf({ trial, runId, values, rungs }: ReportedTrial): TrialRow {
  const last = rungs.findLast(({ value }) => value !== null) ?? rungs.at(-1);
  return {
    trial,
    runId,
    values,
    status: rungs.at(-1)?.status ?? 'running',
    rung: last?.rung ?? 0,
    objective: last?.value ?? null,
    seconds: rungs.reduce((sum, { seconds }) => sum + seconds, 0),
    failure: rungs.at(-1)?.failure?.message ?? null,
  };
}

/** Under halving on the lowest rung: there all trials were judged alike, higher up only those that had been
 *  good. */
function importanceOf(
  { parameters, halving }: ReportedSweep['sweep'],
  trials: readonly ReportedTrial[],
  configurations: SweepResult['configurations'],
): SweepResult['importance'] {
  const judged = trials.flatMap(({ values, rungs }) =>
    typeof rungs[0]?.value === 'number' ? [{ values, objective: rungs[0].value }] : [],
  );
  const where = halving ? ' at the lowest rung, where all were judged alike' : '';
  const method =
    'Main effect of each setting by analysis of variance on ranks (epsilon squared of the '
    + "Kruskal-Wallis test: the share of the variance of the objective's ranks that lies "
    + `between groups of its values, corrected for chance), with Spearman's rank correlation beside `
    + `it; on ${judged.length} trials${where}.`;
  const bySeed = (configurations ?? []).flatMap(({ trials: own }, group) =>
    own.flatMap(({ value }) => (value === null ? [] : [{ value, group }])),
  );
  const chance =
    configurations === null
      ? null
      : shareWithin(
          bySeed.map(({ value }) => value),
          bySeed.map(({ group }) => group),
        );
  return {
    chance,
    method:
      judged.length < fewestTrials
        ? `Not measured: it wants ${fewestTrials} trials or more with an objective, and there are `
          + `${judged.length}.`
        : method,
    parameters: importances(withoutSeed(parameters), judged),
  };
}
