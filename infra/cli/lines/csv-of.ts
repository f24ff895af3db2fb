/** A comparison as CSV: a row for each run, a column for each value, as spreadsheets and data frames want
 *  it. */
import { stringify } from 'csv-stringify/sync';
import type { Comparison } from '../../../activities/report/comparison/compare-records.ts';
import type { ComparedValue } from '../../../activities/report/comparison/compared.ts';
import type { Replicated } from '../../../activities/report/comparison/compared-configurations.ts';

/** Where several runs are of one configuration, `configuration` is its label, and empty for a run whose seed
 *  another has. */
export function csvOf({ runs, configuration, results, course, configurations }: Comparison): string {
  const groups: readonly (readonly [prefix: string, rows: readonly ComparedValue[]])[] = [
    ['config', configuration],
    ['results', results],
    ['course', course],
  ];
  const values = groups.flatMap(([prefix, rows]) =>
    rows.map((row) => ({ ...row, column: `${prefix}.${row.name}` })),
  );
  const label = new Map(configurations.flatMap((one) => one.runs.map((id) => [id, one.label] as const)));
  const last = (cellOfRun: string): string[] => (configurations.length === 0 ? [] : [cellOfRun]);
  const header = [
    'id',
    'experiment',
    'status',
    'seed',
    'startedAt',
    ...values.map(({ column }) => column),
    ...last('configuration'),
  ];
  return stringify([
    header,
    ...runs.map(({ id, experiment, status, seed, startedAt }) => [
      id,
      experiment,
      status,
      seed,
      startedAt,
      ...values.map((row) => cell(row.values[id])),
      ...last(label.get(id) ?? ''),
    ]),
  ]);
}

/** A row for each result of each configuration, and of each difference of two: `2 - 1`. */
export function configurationsCsv({ configurations, differences }: Replicated): string {
  const of = [
    ...configurations.map((one) => ({ ...one, name: one.label })),
    ...differences.map((one) => ({ ...one, name: `${one.of} - ${one.from}` })),
  ];
  return stringify([
    ['configuration', 'seeds', 'result', 'n', 'mean', 'deviation', 'low95', 'high95', 'missing', 'notFinite'],
    ...of.flatMap(({ name, seeds, results }) =>
      results.map((one) => [
        name,
        seeds.join(' '),
        one.name,
        one.n,
        one.mean ?? '',
        one.deviation ?? '',
        one.interval?.[0] ?? '',
        one.interval?.[1] ?? '',
        one.missing.join(', '),
        one.notFinite.join(', '),
      ]),
    ),
  ]);
}

/** A value that a run does not have is empty; null is a value. */
const cell = (value: ComparedValue['values'][string] | undefined): string =>
  value === undefined ? '' : String(value);
