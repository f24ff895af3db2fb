/** What the seeds of one configuration say, and what lies between configurations, as people read it in a
 *  terminal. */
import type {
  ComparedResult,
  Replicated,
} from '../../../activities/report/comparison/compared-configurations.ts';
import type { Comparison } from '../../../activities/report/comparison/compare-records.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { summaryCells, valueText } from '../../client/sweeps/texts.ts';

/** None where no configuration has two seeds. */
export function replicateLines(
  { runs, configurations, differences }: Pick<Comparison, 'runs'> & Replicated,
  colors: Colors,
): string[] {
  const labels = new Map(runs.map(({ id, label }) => [id, label]));
  return [
    ...configurations.flatMap(({ label, runs: own, seeds, settings, results }) => {
      const named = Object.entries(settings)
        .map(([name, value]) => `${name} ${valueText(value)}`)
        .join(', ');
      return [
        '',
        colors.bold(`Configuration ${label}${named === '' ? '' : `: ${named}`}`),
        `  ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')} `
          + `(${own.map((id) => labels.get(id)).join(', ')})`,
        ...(results.length === 0 ? ['  None of its runs has results.'] : table(results, colors)),
      ];
    }),
    ...differences.flatMap(({ of, from, seeds, results }) => [
      '',
      colors.bold(`Configuration ${of} minus ${from}, by seed, on the same data`),
      `  ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`,
      ...table(results, colors),
    ]),
  ];
}

function table(results: readonly ComparedResult[], colors: Colors): string[] {
  const isAnyLeftOut = results.some((one) => leftOut(one) !== '');
  const head = ['', 'n', 'mean', 'deviation', '95 % of the mean', ...(isAnyLeftOut ? ['left out'] : [])].map(
    colors.dim,
  );
  const rows = results.map((one) => [
    one.name,
    String(one.n),
    ...summaryCells(one),
    ...(isAnyLeftOut ? [colors.yellow(leftOut(one))] : []),
  ]);
  return columns([head, ...rows], [1, 2, 3, 4]).map((line) => `  ${line}`);
}

const leftOut = ({ missing, notFinite }: ComparedResult): string =>
  [...missing.map((name) => `${name} (no result)`), ...notFinite.map((name) => `${name} (not finite)`)].join(
    ', ',
  );
