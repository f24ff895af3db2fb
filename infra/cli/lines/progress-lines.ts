/** What a run is doing, as lines of text: pure, so that the look can be tested. */
import { stripVTControlCharacters } from 'node:util';
import { duration } from '../../base/format.ts';
import { type ActiveStep, facts, failure, metrics, type RunView } from '../../client/runs/active-step.ts';
import type { Colors } from './colors.ts';
import { visibleLength } from './columns.ts';

const barWidth = 20;

/** A few lines for a terminal of the given width; none of them is wider. */
export function progressLines(view: RunView, width: number, colors: Colors): string[] {
  const nameWidth = Math.max(8, ...view.steps.map((step) => step.name.length));
  const lines = [
    [
      colors.bold(view.runId),
      colors.cyan(view.stage ?? 'starting'),
      colors.dim(duration(view.elapsedSeconds)),
    ].join('  '),
    ...view.steps.flatMap((step) => stepLines(step, nameWidth, width, colors)),
    ...(view.uiUrl ? [colors.dim(`  Temporal UI ${view.uiUrl}`)] : []),
  ];
  return lines.map((line) => fit(line, width));
}

/** One line, for logs. */
export function plainLine(view: RunView): string {
  const steps = view.steps.map((step) =>
    [step.name, ...facts(step), ...metrics(step), failure(step)].filter((text) => text !== '').join('  '),
  );
  return [`[${duration(view.elapsedSeconds)}] ${view.stage ?? 'starting'}`, ...steps].join(' | ');
}

/** The metrics follow on the same line where there is room, else on one of their own. */
function stepLines(step: ActiveStep, nameWidth: number, width: number, colors: Colors): string[] {
  const bar = step.count && step.count.total > 1 ? [colors.green(progressBar(step.count))] : [];
  const first = `  ${[step.name.padEnd(nameWidth), ...bar, ...facts(step)].join('  ')}`;
  const failed = failure(step) === '' ? [] : [colors.yellow(`  ${' '.repeat(nameWidth)}  ${failure(step)}`)];
  const values = metrics(step).join('  ');
  if (values === '') return [first, ...failed];
  const together = `${first}  ${colors.bold(values)}`;
  return visibleLength(together) <= width
    ? [together, ...failed]
    : [first, `  ${' '.repeat(nameWidth)}  ${colors.bold(values)}`, ...failed];
}

function progressBar({ done, total }: { readonly done: number; readonly total: number }): string {
  const filled = Math.round(barWidth * Math.min(1, done / total));
  return '━'.repeat(filled) + '╌'.repeat(barWidth - filled);
}

/** Cuts a line that is too wide, and its colours with it: half a colour sequence would colour what
 *  follows. */
export function fit(line: string, width: number): string {
  return visibleLength(line) <= width
    ? line
    : `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`;
}
