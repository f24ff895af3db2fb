/** What a run is doing, as lines of text: pure, so that the look can be tested. */
import { stripVTControlCharacters } from 'node:util';
import type { Progress } from '../../../activities/ports.ts';
import type { Colors } from './colors.ts';
import { visibleLength } from './columns.ts';
import { duration, number } from '../../base/format.ts';

/** A training between its first and last segment, or another activity while it runs. */
export interface ActiveStep {
  readonly name: string;
  /** `under way`: a worker has it, and has said nothing of it yet; `waiting`: none has. */
  readonly phase: Progress['phase'] | 'under way' | 'waiting' | 'paused';
  /** Updates of a training; for other activities the count of their phase. null: nothing to count. */
  readonly count: { readonly done: number; readonly total: number } | null;
  readonly perSecond: number | null;
  /** How long nothing was heard of it, where that is long: its worker may be gone. Left out else. */
  readonly silentSeconds?: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly attempt: number;
  /** Why the attempt before this one failed. */
  readonly failure: string | null;
  /** The file there is no room for. */
  readonly room?: NonNullable<Progress['room']>;
  /** What it waits for, where that is memory. */
  readonly memory?: NonNullable<Progress['memory']>;
}

export interface RunView {
  readonly runId: string;
  /** Of the main line; null until the workflow says. */
  readonly stage: string | null;
  readonly elapsedSeconds: number;
  readonly steps: readonly ActiveStep[];
  readonly uiUrl: string | null;
  /** The last heartbeat of each activity, and the elapsed seconds at which it was seen first: for the next look. */
  readonly heard?: Readonly<Record<string, { readonly at: number; readonly seenAt: number }>>;
}

const barWidth = 20;
/** Metrics worth a place on one line, most telling first, as the paper calls them. */
const shownMetrics: readonly (readonly [key: string, label: string])[] = [
  ['value', 'V'], ['accuracy', 'accuracy'], ['bitsPerDim', 'bits/dim'], ['mse.flow', 'MSE flow'], ['mse.ebm', 'MSE EBM'], ['loss', 'loss'],
];

/** A few lines for a terminal of the given width; none of them is wider. */
export function progressLines(view: RunView, width: number, colors: Colors): string[] {
  const nameWidth = Math.max(8, ...view.steps.map(step => step.name.length));
  const lines = [
    [colors.bold(view.runId), colors.cyan(view.stage ?? 'starting'), colors.dim(duration(view.elapsedSeconds))].join('  '),
    ...view.steps.flatMap(step => stepLines(step, nameWidth, width, colors)),
    ...(view.uiUrl ? [colors.dim(`  Temporal UI ${view.uiUrl}`)] : []),
  ];
  return lines.map(line => fit(line, width));
}

/** One line, for logs. */
export function plainLine(view: RunView): string {
  const steps = view.steps.map(step => [step.name, ...facts(step), ...metrics(step), failure(step)].filter(text => text !== '').join('  '));
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
  return visibleLength(together) <= width ? [together, ...failed] : [first, `  ${' '.repeat(nameWidth)}  ${colors.bold(values)}`, ...failed];
}

function progressBar({ done, total }: { readonly done: number; readonly total: number }): string {
  const filled = Math.round(barWidth * Math.min(1, done / total));
  return '━'.repeat(filled) + '╌'.repeat(barWidth - filled);
}

/** Step and total, rate, remaining time, and what it does beside its steps. */
export function facts({ phase, count, perSecond, silentSeconds, attempt, room, memory }: ActiveStep): string[] {
  const counted = count && count.total > 1 && room === undefined;
  return [
    ...(counted ? [`${number(count.done)}/${number(count.total)}`] : []),
    ...(perSecond ? [`${number(Number(perSecond.toPrecision(3)))}/s`] : []),
    ...(counted && perSecond ? [`${duration((count.total - count.done) / perSecond)} left`] : []),
    ...(room ? [`waits for room on the disk: ${number(room.bytes)} bytes for ${room.path}`] : phase === 'step' ? [] : [phase]),
    ...(memory ? [`waits for memory: ${gigabytes(memory.bytes)} expected, ${gigabytes(memory.free)} free`] : []),
    ...(silentSeconds === undefined ? [] : [`nothing heard for ${duration(silentSeconds)}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export function metrics({ metrics: values }: ActiveStep): string[] {
  return shownMetrics.filter(([key]) => values[key] !== undefined).map(([key, label]) => `${label} ${number(values[key]!)}`);
}

/** Of interest until the next attempt is past the place. */
export function failure({ phase, attempt, failure: reason }: ActiveStep): string {
  return reason === null || phase === 'step' ? '' : `attempt ${attempt - 1} failed: ${reason.split('\n')[0]}`;
}

/** Cuts a line that is too wide, and its colours with it: half a colour sequence would colour what follows. */
export function fit(line: string, width: number): string {
  return visibleLength(line) <= width ? line : `${stripVTControlCharacters(line).slice(0, Math.max(0, width - 1))}…`;
}
