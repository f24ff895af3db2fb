/** Several runs of one configuration: what their seeds say of each result, and by how much configurations
 *  differ, seed by seed. */
import {
  pairedDifference,
  summarise,
  type Replicate,
  type Summary,
} from '../../../models/metrics/replicates.ts';
import { canonicalHash } from '../../formats/canonical-hash.ts';
import type { Decision } from '../../contracts/decision.ts';
import { dataSeedOf } from '../../config/data-seed.ts';
import { byDottedName, flatten, type Scalar } from '../../config/dotted.ts';
import type { ComparableRecord, ComparedValue } from './compared.ts';
import { labelOf } from './label-of.ts';

export interface ComparedResult extends Summary {
  /** Dotted, as `show --json` names it. */
  readonly name: string;
}

/** Runs that are equal but for their seed. */
export interface ComparedConfiguration {
  /** 1, 2, 3 ..., in the order in which they were named. */
  readonly label: string;
  /** Ids of its runs: one for each seed. */
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** Ids of runs whose seed another has, which began later and counts in their place. */
  readonly repeated: readonly string[];
  /** Where it is not as the other configurations. */
  readonly settings: Readonly<Record<string, Scalar>>;
  readonly results: readonly ComparedResult[];
}

/** Of each result: `of` minus `from`, both labels, over the seeds that both have on the same data. */
export interface ComparedDifference {
  readonly of: string;
  readonly from: string;
  readonly seeds: readonly number[];
  readonly results: readonly ComparedResult[];
}

export interface Replicated {
  readonly configurations: readonly ComparedConfiguration[];
  readonly differences: readonly ComparedDifference[];
}

interface Group {
  readonly label: string;
  /** By seed. */
  readonly counted: readonly ComparableRecord[];
  readonly repeated: readonly ComparableRecord[];
}

/** Both empty where no configuration has two seeds: there is nothing to average then. `differing`: values of
 *  the configuration that are not the same for all runs. */
export function replicated(
  records: readonly ComparableRecord[],
  differing: readonly ComparedValue[],
): Replicated {
  const groups = groupsOf(records);
  if (!groups.some(({ counted }) => counted.length > 1)) return { configurations: [], differences: [] };
  const names = [...new Set(records.flatMap((record) => [...numbersOf(record).keys()]))];
  const configurations = groups.map(({ label, counted, repeated }): ComparedConfiguration => ({
    label,
    runs: counted.map(({ id }) => id),
    seeds: counted.map(({ seed }) => seed),
    repeated: repeated.map(({ id }) => id),
    settings: Object.fromEntries(
      differing.flatMap(({ name, values }) => {
        const [value, ...others] = new Set(counted.map(({ id }) => values[id]));
        return name === 'seed' || value === undefined || others.length > 0 ? [] : [[name, value]];
      }),
    ),
    results: names
      .map((name) => ({ name, ...summarise(counted.map((record) => replicateOf(record, name))) }))
      .filter(isSaid),
  }));
  return {
    configurations,
    differences: groups.slice(1).flatMap((group) => differencesOf(group, groups[0]!, names)),
  };
}

function groupsOf(records: readonly ComparableRecord[]): Group[] {
  const byKey = new Map<string, ComparableRecord[]>();
  const networks = new Map(
    records.flatMap((record) =>
      record.status === 'completed' ? [[keyOf(record), networkOf(record)] as const] : [],
    ),
  );
  for (const record of records) {
    // one that did not complete stands with those that did
    const key = `${keyOf(record)} ${record.status === 'completed' ? networkOf(record) : networks.get(keyOf(record))}`;
    byKey.set(key, [...(byKey.get(key) ?? []), record]);
  }
  return [...byKey.values()].map((own, index) => {
    const latest = new Map<number, ComparableRecord>();
    for (const record of own) {
      const other = latest.get(record.seed);
      if (other === undefined || counts(record, other)) latest.set(record.seed, record);
    }
    const counted = [...latest.values()].sort((a, b) => a.seed - b.seed);
    return { label: String(index + 1), counted, repeated: own.filter((record) => !counted.includes(record)) };
  });
}

/** Of two runs of one seed the one that completed, then the one that began later. */
const counts = (one: ComparableRecord, other: ComparableRecord): boolean =>
  (one.status === 'completed') === (other.status === 'completed')
    ? one.startedAt > other.startedAt
    : one.status === 'completed';

/** Of all that decides a result, but for the seed. Of points that is the configuration, also of an earlier
 *  version, whose data are of each run's seed; of images the data are files. A run without a record of its
 *  configuration is by itself. */
function keyOf(record: ComparableRecord): string {
  const { id, config, until = null, withoutBaselines = null, initialFlow, dataset, decisions = [] } = record;
  if (config === undefined) return id;
  const { seed: _, ...settings } = config;
  const data = dataSeedOf(config) === null ? [dataset?.trainSha256, dataset?.testSha256] : [];
  return canonicalHash({
    settings,
    until,
    withoutBaselines,
    initialFlow: initialFlow?.sha256 ?? null,
    data,
    changes: decisions.flatMap(changeOnTheWay),
  });
}

/** Settings that a training was given while it went on, by a message or where it was resumed: its
 *  configuration says the last of them alone. */
function changeOnTheWay({ what, training, details }: Decision): readonly object[] {
  if (what === 'resumed' && training !== undefined) return [{ training, ...details }];
  const { message, update, updates, player, value } = details;
  return what === 'told' && ['extend', 'learning-rate'].includes(String(message))
    ? [{ training, message, update, updates, player, value }]
    : [];
}

/** In whose features its distances are, and from which statistics: those of two networks or files do not
 *  compare. */
function networkOf({ results }: ComparableRecord): string {
  const named = byDottedName(results);
  return ['fid', 'frechet']
    .flatMap((name) => [`${name}.network`, `${name}.reference.file`])
    .map((name) => named.get(name) ?? '')
    .join(' ');
}

function differencesOf(group: Group, from: Group, names: readonly string[]): ComparedDifference[] {
  const pairs = group.counted.flatMap((one) => {
    const other = from.counted.find(({ seed }) => seed === one.seed);
    return other !== undefined && isOnSameData(one, other) ? [[one, other] as const] : [];
  });
  if (pairs.length === 0) return [];
  const results = names
    .map((name) => ({
      name,
      ...pairedDifference(
        pairs.map(([one]) => replicateOf(one, name)),
        pairs.map(([, other]) => replicateOf(other, name)),
      ),
    }))
    .filter(isSaid);
  return [{ of: group.label, from: from.label, seeds: pairs.map(([{ seed }]) => seed), results }];
}

function isOnSameData({ dataset: one }: ComparableRecord, { dataset: other }: ComparableRecord): boolean {
  return (
    one !== undefined
    && one !== null
    && one.trainSha256 === other?.trainSha256
    && one.testSha256 === other.testSha256
  );
}

/** Nothing is said of a result that no run has, or none of two. */
const isSaid = ({ n, notFinite }: Summary): boolean => n > 0 || notFinite.length > 0;

const replicateOf = (record: ComparableRecord, name: string): Replicate => ({
  name: `seed ${record.seed}`,
  value: numbersOf(record).get(name) ?? null,
});

/** JSON has no number for what is not finite: a record has its name. */
const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** What is not completed has no results to be held against others'. */
function numbersOf({ status, results }: ComparableRecord): Map<string, number> {
  if (status !== 'completed' || results === undefined) return new Map();
  return new Map(
    flatten(results).flatMap(([name, value]) =>
      typeof value === 'number' || notFinite.has(value) ? [[name, Number(value)]] : [],
    ),
  );
}

/** What must be known beside the figures. */
export function replicateNotes(
  { configurations, differences }: Replicated,
  records: readonly ComparableRecord[],
): string[] {
  const byId = new Map(records.map((record, index) => [record.id, { record, label: labelOf(index) }]));
  const list = (names: readonly string[]): string => new Intl.ListFormat('en').format(names);
  const labels = (ids: readonly string[]): string => list(ids.map((id) => byId.get(id)!.label));
  const most = Math.max(...configurations.map(({ seeds }) => seeds.length));
  const withOwnData = configurations.filter(
    ({ runs }) =>
      runs.length > 1
      && new Set(runs.flatMap((id) => byId.get(id)!.record.dataset?.trainSha256 ?? [])).size > 1,
  );
  const unpaired = configurations.slice(1).filter(({ label }) => !differences.some(({ of }) => of === label));
  return [
    ...configurations.flatMap(({ label, repeated }) =>
      repeated.length === 0
        ? []
        : [
            `Configuration ${label}: ${labels(repeated)} repeat${repeated.length === 1 ? 's' : ''} a `
              + 'seed, which counts once, by the run that began last.',
          ],
    ),
    ...configurations
      .filter(({ seeds }) => seeds.length < most)
      .map(
        ({ label, seeds }) =>
          `Configuration ${label} has ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, `
          + `where others have ${most}.`,
      ),
    ...withOwnData.map(
      ({ label }) =>
        `Configuration ${label}: each seed drew its own data, so that its deviation is of data and `
        + 'training together.',
    ),
    ...(unpaired.length === 0
      ? []
      : [
          'No difference by seed is said of configuration '
            + `${list(unpaired.map(({ label }) => label))}: no seed of configuration 1 has a run there `
            + 'on the same data.',
        ]),
  ];
}
