/** Of a sweep over seeds: its configurations, each by the mean of its seeds. */
import type { Summary } from '../../../models/metrics/replicates.ts';
import { fewerRule } from '../../sweep/configurations.ts';
import type { Blocks, Cell } from '../blocks.ts';
import { html, type Markup } from '../html.ts';
import { significant } from '../number-format.ts';
import type { SweepResult } from './sweep-result.ts';

/** null where seeds were not swept. */
export function configurationsSection(
  blocks: Blocks,
  { configurations, objective: { metric } }: SweepResult,
): Markup | null {
  if (configurations === null || configurations.length === 0) return null;
  const names = Object.keys(configurations[0]!.values);
  const differ = configurations.some(({ difference }) => difference !== null);
  const isAnyMissing = configurations.some(({ objective }) => objective.missing.length > 0);
  const columns = [
    { header: 'Configuration' },
    ...[
      ...names.map((name) => name.split('.').slice(-2).join('.')),
      'Seeds',
      'Mean',
      'Deviation',
      '95 %',
      ...(differ ? ['Minus the first', '95 %'] : []),
      ...(isAnyMissing ? ['No result'] : []),
    ].map((header) => ({ header, numeric: true })),
  ];
  const rows = configurations.map(({ values, objective, difference }, index): Cell[] => [
    String(index + 1),
    ...names.map((name) => text(values[name])),
    String(objective.n),
    ...summaryMarkup(objective),
    ...(differ
      ? [
          difference?.mean === undefined || difference.mean === null ? null : significant(difference.mean),
          intervalCell(difference?.interval ?? null),
        ]
      : []),
    ...(isAnyMissing ? [objective.missing.length === 0 ? null : objective.missing.join(', ')] : []),
  ]);
  return blocks.table(
    'configurations',
    html`${metric} of each configuration over its seeds, the best first: mean, sample standard deviation, and the interval of 95 % of the mean by Student’s t.
${configurations.some(({ fewer }) => fewer) && fewerRule}${differ && ' Minus the first: the mean of the differences, seed by seed. One whose interval has 0 in it is ' + 'not seen with these seeds.'}`,
    columns,
    rows,
  );
}

/** Mean, deviation and interval as cells; what one value does not say is left open. */
export const summaryMarkup = ({ mean, deviation, interval }: Summary): Cell[] => [
  mean === null ? null : significant(mean, 4),
  deviation === null ? null : significant(deviation),
  intervalCell(interval),
];

export const intervalCell = (interval: Summary['interval']): Cell =>
  interval === null ? null : `${significant(interval[0])} to ${significant(interval[1])}`;

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
