/** A comparison as people read it in a terminal: a column for each run, as many beside one another as fit. */
import { budgetRows } from '../../../activities/report/comparison/compared-budgets.ts';
import type { Comparison } from '../../../activities/report/comparison/compare-records.ts';
import type { ComparedValue } from '../../../activities/report/comparison/compared.ts';
import type { Scalar } from '../../../activities/config/dotted.ts';
import type { Colors } from './colors.ts';
import { columns, visibleLength } from './columns.ts';
import { localTime, number } from '../../base/format.ts';
import { replicateLines } from './replicate-lines.ts';

/** Longer ones are cut in the middle: what differs is often at the end. */
const widestCell = 24;

/** `width`: of the terminal; Infinity where the lines go elsewhere. */
export function comparisonLines(comparison: Comparison, width: number, colors: Colors): string[] {
  const { runs, notes, configuration, sameConfiguration, circumstances, results, course, budgets } =
    comparison;
  const section = (title: string, rows: readonly ComparedValue[]): string[] =>
    rows.length === 0 ? [] : ['', colors.bold(title), ...table(comparison, rows, width, colors)];
  return [
    ...columns(
      runs.map(({ label, id, status, seed, startedAt }) => [
        colors.bold(label),
        id,
        status,
        `seed ${seed}`,
        localTime(startedAt),
      ]),
    ),
    ...(notes.length > 0 ? ['', ...notes.map((note) => colors.yellow(note))] : []),
    ...(configuration.length === 0
      ? ['', `All ${sameConfiguration} values of the configuration are the same.`]
      : []),
    ...section(
      'Configuration: '
        + `${configuration.length === 1 ? '1 value differs' : `${configuration.length} values differ`}, `
        + `${sameConfiguration} are the same`,
      configuration,
    ),
    ...section('Data, code and machine, as far as they differ', circumstances),
    ...section('Results', results),
    ...section('Budgets: updates x batch size, time of the updates', budgetRows(budgets)),
    ...section('What it took', course),
    ...replicateLines(comparison, colors),
  ];
}

function table(
  { runs }: Comparison,
  rows: readonly ComparedValue[],
  width: number,
  colors: Colors,
): string[] {
  const names = rows.map(({ name }) => name);
  const nameWidth = Math.max(...names.map((name) => name.length));
  const cells = runs.map(({ id, label }) => [
    colors.dim(label),
    ...rows.map(({ values }) => shown(values[id])),
  ]);
  const blocks = side(cells, Math.max(1, width - nameWidth - 2));
  return blocks.flatMap((block, index) => [
    ...(index > 0 ? [''] : []),
    ...columns(
      ['', ...names].map((name, row) => [name, ...block.map((cell) => cell[row]!)]),
      block.map((_, column) => column + 1),
    ).map((line) => `  ${line}`),
  ]);
}

/** Columns in groups that are at most so wide. */
function side(cells: readonly string[][], width: number): string[][][] {
  const groups: string[][][] = [];
  let left = 0;
  for (const column of cells) {
    const needed = Math.max(...column.map(visibleLength)) + 2;
    if (groups.length === 0 || needed > left) {
      groups.push([]);
      left = width;
    }
    groups.at(-1)!.push(column);
    left -= needed;
  }
  return groups;
}

function shown(value: Scalar | undefined): string {
  if (value === undefined) return '-';
  const text =
    typeof value === 'number' ? (Number.isInteger(value) ? String(value) : number(value)) : String(value);
  return text.length > widestCell
    ? `${text.slice(0, widestCell / 2)}…${text.slice(1 - widestCell / 2)}`
    : text;
}
