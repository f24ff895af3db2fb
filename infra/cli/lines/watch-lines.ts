/** What `watch` shows of a run: pure, so that the look can be tested. */
import { panels } from '../../../activities/report/training-figures.ts';
import { trainingSeries, type Curve } from '../../../activities/report/training-series.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { localTime, number } from '../../base/format.ts';
import { invocation } from '../../base/invocation.ts';
import { fit, progressLines } from './progress-lines.ts';
import { statusText } from './status-text.ts';
import type { LiveRun } from '../../client/runs/run-watcher.ts';
import { sparkLine } from './spark-line.ts';

export interface ScreenSize {
  readonly width: number;
  readonly height: number;
}

const mostDecisions = 5;
/** Narrower ones show nothing. */
const leastSpark = 8;
/** Columns for a metric's name, its training, the first and the last value; on a narrow terminal without the
 *  first, and with the names of the files. */
const besideSpark = { wide: 66, narrow: 44 };
const wideFrom = 100;

/** At most `height` lines, none of them wider than `width`. */
export function watchLines(run: LiveRun, { width, height }: ScreenSize, colors: Colors): string[] {
  const last = ['', colors.dim('q leaves; the run goes on without being watched')];
  const lines = [...head(run, width, colors), ...curves(run, width, colors), ...decisions(run, colors)].slice(
    0,
    Math.max(1, height - last.length),
  );
  return [...lines, ...last].slice(0, height).map((line) => fit(line, width));
}

function head({ view, record, state }: LiveRun, width: number, colors: Colors): string[] {
  if (view !== null) return progressLines(view, width, colors);
  const sentence = {
    idle: `Nobody works on this run: \`${invocation} resume\` goes on where it was.`,
    'out of sight': 'Its Temporal server does not answer; what follows is what was recorded.',
    stuck: '',
    ended: record.failure ?? '',
    'under way': '',
  }[state];
  const warnings = (record.warnings ?? []).map(
    (warning) => `  ${colors.yellow(`Warning: ${warning.sentence}`)}`,
  );
  return [
    `${colors.bold(record.id)}  ${statusText(record.status, state === 'idle', colors)}`,
    ...(sentence === '' ? [] : [`  ${sentence}`]),
    ...warnings,
  ];
}

function curves({ metrics }: LiveRun, width: number, colors: Colors): string[] {
  const series = trainingSeries(metrics);
  const isWide = width >= wideFrom;
  const sparkWidth = Math.max(leastSpark, width - (isWide ? besideSpark.wide : besideSpark.narrow));
  const known = [{ metric: 'mse', title: 'MSE of log-density' }, ...panels];
  const rows = known.flatMap(({ metric, title }) =>
    (series.get(metric) ?? []).map((curve) =>
      row(isWide ? title : metric, curve, isWide, sparkWidth, colors),
    ),
  );
  return rows.length === 0 ? [] : ['', ...columns(rows, isWide ? [2, 4] : [3]).map((line) => `  ${line}`)];
}

function row(
  name: string,
  { label, points }: Curve,
  withFirst: boolean,
  width: number,
  colors: Colors,
): string[] {
  const values = points.map(([, value]) => value);
  return [
    name,
    colors.dim(label),
    ...(withFirst ? [number(values[0]!)] : []),
    colors.cyan(sparkLine(values, width)),
    colors.bold(number(values.at(-1)!)),
  ];
}

function decisions({ decisions: taken }: LiveRun, colors: Colors): string[] {
  return taken.length === 0
    ? []
    : [
        '',
        ...taken
          .slice(-mostDecisions)
          .map(({ at, sentence }) => `  ${colors.dim(localTime(at))}  ${sentence}`),
      ];
}
