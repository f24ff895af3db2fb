/** A sweep over seeds as people read it in a terminal: a row for each configuration, and which is the
 *  best. */
import { fewerRule, type SweptConfiguration } from '../../../activities/sweep/configurations.ts';
import type { BestTrial } from '../../../activities/sweep/contracts.ts';
import type { Summary } from '../../../models/metrics/replicates.ts';
import { number } from '../../base/format.ts';
import { shortNames } from '../../client/sweeps/short-names.ts';
import { intervalText, seedsText, summaryCells, valueText } from '../../client/sweeps/texts.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';

/** Every configuration, the best first. */
export function configurationLines(
  configurations: readonly SweptConfiguration[],
  metric: string,
  colors: Colors,
): string[] {
  if (configurations.length === 0) return [];
  const paths = Object.keys(configurations[0]!.values);
  const differ = configurations.some(({ difference }) => difference !== null);
  const head = [
    ...shortNames(paths),
    'seeds',
    'mean',
    'deviation',
    '95 % of the mean',
    ...(differ ? ['minus the first, by seed'] : []),
  ].map(colors.dim);
  const rows = configurations.map(({ values, trials, objective, fewer, difference }) => [
    ...paths.map((path) => valueText(values[path])),
    fewer ? colors.yellow(`${objective.n} of ${trials.length}`) : String(objective.n),
    ...summaryCells(objective),
    ...(differ ? [difference === null ? '' : differenceText(difference)] : []),
  ]);
  const without = configurations.filter(({ trials, objective }) => objective.n < trials.length);
  return [
    colors.bold(`${metric} by configuration, over seeds`),
    ...columns(
      [head, ...rows],
      Array.from({ length: paths.length + 4 }, (_, i) => i),
    ).map((line) => `  ${line}`),
    ...(configurations.some(({ fewer }) => fewer) ? [colors.yellow(`  ${fewerRule}`)] : []),
    ...without.map(({ values, objective }) =>
      colors.yellow(
        '  No result: '
          + `${objective.missing.join(', ')}${paths.length === 0 ? '' : ` of ${paths.map((path) => `${path} ${valueText(values[path])}`).join(', ')}`}.`,
      ),
    ),
    ...(configurations.every(({ trials }) => trials.length < 2)
      ? [
          colors.yellow(
            '  Each configuration has one seed: what is best here may be its luck. A grid has all '
              + 'seeds of each.',
          ),
        ]
      : []),
  ];
}

function differenceText({ n, mean, interval }: Summary): string {
  if (mean === null) return '-';
  return interval === null
    ? `${number(mean)}, one seed`
    : `${number(mean)} (${intervalText(interval)}; ${n} seeds)`;
}

/** What is best in one line, and the command that makes it. */
export function bestLines(best: BestTrial, metric: string, colors: Colors): string[] {
  const { trial, value, seeds, deviation = null, command } = best;
  if (seeds === undefined)
    return [`${colors.bold('Best')}: trial ${trial}, ${metric} ${number(value)}`, `  ${command}`];
  const spread = deviation === null ? ', whose spread is not known' : `, deviation ${number(deviation)}`;
  return [
    `${colors.bold('Best configuration')}: ${metric} ${number(value)}, mean of ${seedsText(seeds)}${spread}`,
    `  ${command}`,
    colors.dim(`  A run of it: --set seed=N behind the command, N one of ${seeds.join(', ')}.`),
  ];
}
