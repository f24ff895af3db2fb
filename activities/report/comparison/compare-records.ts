/** What sets runs apart and what came of each: configuration, data, code and machine where they differ,
 *  results side by side. */
import { withDataSeed } from '../../config/data-seed.ts';
import { flatten, type Scalar } from '../../config/dotted.ts';
import { budgetNotes, budgetsByRun, type RunBudgets } from './compared-budgets.ts';
import { type Replicated, replicated, replicateNotes } from './compared-configurations.ts';
import type { ComparableRecord, ComparedValue } from './compared.ts';
import { foldSections } from './fold-sections.ts';
import { labelOf } from './label-of.ts';
import { notesOn } from './notes.ts';

export interface ComparedRun {
  /** A, B, C ..., in the order the runs were named. */
  readonly label: string;
  readonly id: string;
  readonly experiment: string;
  readonly status: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly command: string | null;
}

/** `configurations` and `differences` are of several runs of one configuration, and empty where there are
 *  none. */
export interface Comparison extends Replicated {
  readonly runs: readonly ComparedRun[];
  /** What to know before the figures are held against one another. */
  readonly notes: readonly string[];
  /** Values of the configuration that are not the same for all; `sameConfiguration`: how many are. */
  readonly configuration: readonly ComparedValue[];
  readonly sameConfiguration: number;
  /** Data, code, versions and machine, as far as they differ. */
  readonly circumstances: readonly ComparedValue[];
  readonly results: readonly ComparedValue[];
  readonly course: readonly ComparedValue[];
  /** What the models of each run were trained for, by the run's id; left out of runs that have no contrast
   *  yet. */
  readonly budgets: Readonly<Record<string, RunBudgets>>;
}

export function compareRecords(records: readonly ComparableRecord[]): Comparison {
  const configuration = sideBySide(records, ({ config }) => config && withDataSeed(config));
  const differing = configuration.filter((row) => differs(row, records.length));
  const folded = foldSections(
    differing,
    records.map(({ id }) => id),
  );
  const circumstances = sideBySide(records, ({ environment, dataset }) => ({
    ...environment,
    ...(dataset && { dataset }),
  })).filter((row) => differs(row, records.length));
  const ofSeeds = replicated(records, differing);
  const budgets = budgetsByRun(records);
  return {
    ...ofSeeds,
    runs: records.map((record, index) => ({ ...about(record), label: labelOf(index) })),
    notes: [
      ...notesOn(records, folded, circumstances),
      ...budgetNotes(records, budgets),
      ...replicateNotes(ofSeeds, records),
    ],
    configuration: folded,
    sameConfiguration: configuration.length - differing.length,
    circumstances,
    results: sideBySide(records, ({ results }) => results),
    course: sideBySide(records, courseOf),
    budgets,
  };
}

const about = ({
  id,
  experiment,
  status,
  seed,
  startedAt,
  command,
}: ComparableRecord): Omit<ComparedRun, 'label'> => ({
  id,
  experiment,
  status,
  seed,
  startedAt,
  command: command ?? null,
});

function courseOf({ timings, decisions, trainings }: ComparableRecord): unknown {
  return {
    totalS: timings?.['totalS'],
    rollbacks: decisions?.filter(({ what }) => what === 'rollback').length,
    updates: Object.fromEntries(
      Object.entries(trainings ?? {}).map(([name, { updates }]) => [name, updates]),
    ),
    updateSeconds: Object.fromEntries(
      Object.entries(trainings ?? {}).map(([name, { updateSeconds }]) => [name, updateSeconds]),
    ),
  };
}

/** Every dotted name of any of them, in the order of the first that has it. */
function sideBySide(
  records: readonly ComparableRecord[],
  part: (record: ComparableRecord) => unknown,
): ComparedValue[] {
  const rows = new Map<string, Record<string, Scalar>>();
  for (const record of records) {
    for (const [name, value] of flatten(part(record)).filter(([path]) => path !== '')) {
      const row = rows.get(name) ?? {};
      row[record.id] = value;
      rows.set(name, row);
    }
  }
  return [...rows]
    .filter(([, values]) => Object.values(values).some((value) => value !== '{}'))
    .map(([name, values]) => ({ name, values }));
}

function differs({ values }: ComparedValue, runs: number): boolean {
  const all = Object.values(values);
  return all.length < runs || all.some((value) => value !== all[0]);
}
