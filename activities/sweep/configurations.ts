/** A sweep over seeds, by configuration: by all settings but the seed. Seeds are replicates, and none of them
 *  is to be chosen. */
import {
  pairedDifference,
  summarise,
  type Replicate,
  type Summary,
} from '../../models/metrics/replicates.ts';
import type { Parameter, ParameterValues } from '../../models/search/parameter.ts';
import { commandWith } from './command-with.ts';
import type { BestTrial } from './contracts.ts';

/** As far as a sweep's record is read here. */
export interface SweptBySeed {
  readonly sweep: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly objective: { readonly goal: 'minimise' | 'maximise' };
    readonly halving: unknown;
    readonly base: { readonly command?: string };
  };
  readonly trials: readonly {
    readonly trial: number;
    readonly runId: string;
    readonly values: ParameterValues;
    readonly rungs: readonly { readonly rung: number; readonly value: number | null }[];
  }[];
  readonly best: BestTrial | null;
}

export interface SeedTrial {
  readonly trial: number;
  readonly runId: string;
  readonly seed: number;
  /** The objective; null where it failed. */
  readonly value: number | null;
}

export interface SweptConfiguration {
  /** Of the searched settings, without the seed. */
  readonly values: ParameterValues;
  /** One for each seed that has ended, by their number. */
  readonly trials: readonly SeedTrial[];
  /** Of the objective, over seeds. */
  readonly objective: Summary;
  /** Fewer seeds have a result here than in the configuration that has the most. */
  readonly fewer: boolean;
  /** Objective minus that of the first configuration, seed by seed; null: it is the first, or their data are
   *  not the same. */
  readonly difference: Summary | null;
}

export const fewerRule =
  'A configuration with fewer seeds than another comes after it, whatever its mean: seeds that '
  + 'failed are no lucky ones to leave out.';

const seedPath = 'seed';
export const isOverSeeds = ({ parameters }: Pick<SweptBySeed['sweep'], 'parameters'>): boolean =>
  Object.hasOwn(parameters, seedPath);

/** Which settings may be chosen. */
export const withoutSeed = <T>(byPath: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(byPath).filter(([path]) => path !== seedPath));

/** More seeds with a result come first, then the better mean, then the earlier trial; null where seeds were
 *  not swept. Of a sweep with halving, which took single seeds further before that was refused, on the lowest
 *  rung: there all were judged. */
export function configurationsOf({
  sweep,
  trials,
}: Pick<SweptBySeed, 'sweep' | 'trials'>): SweptConfiguration[] | null {
  if (!isOverSeeds(sweep)) return null;
  const groups = new Map<
    string,
    { readonly values: ParameterValues; readonly trials: Map<number, SeedTrial> }
  >();
  for (const { trial, runId, values, rungs } of trials) {
    const own = withoutSeed(values);
    const group = groups.get(JSON.stringify(own)) ?? { values: own, trials: new Map<number, SeedTrial>() };
    groups.set(JSON.stringify(own), group);
    const [seed, lowest] = [Number(values[seedPath]), rungs.find(({ rung }) => rung === 0)];
    // a sampler may draw one seed twice: that is one run
    if (lowest !== undefined && !group.trials.has(seed))
      group.trials.set(seed, { trial, runId, seed, value: lowest.value });
  }
  const sign = sweep.objective.goal === 'minimise' ? 1 : -1;
  const found = [...groups.values()]
    .map(({ values, trials: bySeed }) => {
      const own = [...bySeed.values()].sort((a, b) => a.seed - b.seed);
      return { values, trials: own, objective: summarise(own.map(asReplicate)) };
    })
    .sort(
      (a, b) =>
        b.objective.n - a.objective.n
        || sign * ((a.objective.mean ?? 0) - (b.objective.mean ?? 0))
        || firstTrial(a.trials) - firstTrial(b.trials),
    );
  const first = found[0];
  const isOneDataSet = !Object.keys(sweep.parameters).some((path) => /^dataset(\.|$)/.test(path));
  return found.map((one) => ({
    ...one,
    fewer: one.objective.n < first!.objective.n,
    difference:
      one === first || !isOneDataSet
        ? null
        : pairedDifference(one.trials.map(asReplicate), first!.trials.map(asReplicate)),
  }));
}

/** What of a sweep is best: a configuration where seeds were swept, by its mean; else the trial that its
 *  record names. Also of a record of an earlier version, which names the luckiest seed. */
export function bestOfSweep(record: SweptBySeed): BestTrial | null {
  const { sweep, best } = record;
  const first = sweep.halving === null ? configurationsOf(record)?.[0] : undefined;
  if (first === undefined) return best;
  const {
    values,
    trials,
    objective: { mean, deviation, interval },
  } = first;
  const judged = trials.filter(({ value }) => value !== null);
  if (mean === null) return null;
  const { trial, runId } = judged[0]!;
  return {
    trial,
    runId,
    rung: 0,
    value: mean,
    command: commandWith(sweep.base.command ?? '', values),
    seeds: judged.map(({ seed }) => seed),
    deviation,
    interval,
  };
}

const asReplicate = ({ seed, value }: SeedTrial): Replicate => ({ name: `seed ${seed}`, value });
const firstTrial = (trials: readonly SeedTrial[]): number => Math.min(...trials.map(({ trial }) => trial));
