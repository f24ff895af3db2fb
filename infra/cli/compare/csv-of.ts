/** A comparison as CSV: a row for each run, a column for each value, as spreadsheets and data frames want it. */
import { stringify } from 'csv-stringify/sync';
import type { Comparison, ComparedValue } from '../../../activities/report/comparison/compare-records.ts';

export function csvOf({ runs, configuration, results, course }: Comparison): string {
  const groups: readonly (readonly [prefix: string, rows: readonly ComparedValue[]])[] = [['config', configuration], ['results', results], ['course', course]];
  const values = groups.flatMap(([prefix, rows]) => rows.map((row) => ({ ...row, column: `${prefix}.${row.name}` })));
  const header = ['id', 'experiment', 'status', 'seed', 'startedAt', ...values.map(({ column }) => column)];
  return stringify([header, ...runs.map(({ id, experiment, status, seed, startedAt }) => [id, experiment, status, seed, startedAt, ...values.map((row) => cell(row.values[id]))])]);
}

/** A value that a run does not have is empty; null is a value. */
const cell = (value: ComparedValue['values'][string] | undefined): string => value === undefined ? '' : String(value);
