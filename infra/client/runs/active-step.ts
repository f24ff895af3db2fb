/** What goes on in a run just now, and what is said of it on one line. */
import type { Progress } from '../../../activities/ports/progress.ts';
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
  /** The last heartbeat of each activity, and the elapsed seconds at which it was seen first: for the next
   *  look. */
  readonly heard?: Readonly<Record<string, { readonly at: number; readonly seenAt: number }>>;
}

/** Metrics worth a place on one line, most telling first, as the paper calls them. */
const shownMetrics: readonly (readonly [key: string, label: string])[] = [
  ['value', 'V'],
  ['accuracy', 'accuracy'],
  ['bitsPerDim', 'bits/dim'],
  ['mse.flow', 'MSE flow'],
  ['mse.ebm', 'MSE EBM'],
  ['loss', 'loss'],
];

/** Step and total, rate, remaining time, and what it does beside its steps. */
export function facts({
  phase,
  count,
  perSecond,
  silentSeconds,
  attempt,
  room,
  memory,
}: ActiveStep): string[] {
  const counted = count && count.total > 1 && room === undefined;
  return [
    ...(counted ? [`${number(count.done)}/${number(count.total)}`] : []),
    ...(perSecond ? [`${number(Number(perSecond.toPrecision(3)))}/s`] : []),
    ...(counted && perSecond ? [`${duration((count.total - count.done) / perSecond)} left`] : []),
    ...(room
      ? [`waits for room on the disk: ${number(room.bytes)} bytes for ${room.path}`]
      : phase === 'step'
        ? []
        : [phase]),
    ...(memory
      ? [`waits for memory: ${gigabytes(memory.bytes)} expected, ${gigabytes(memory.free)} free`]
      : []),
    ...(silentSeconds === undefined ? [] : [`nothing heard for ${duration(silentSeconds)}`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

export function metrics({ metrics: values }: ActiveStep): string[] {
  return shownMetrics
    .filter(([key]) => values[key] !== undefined)
    .map(([key, label]) => `${label} ${number(values[key]!)}`);
}

/** Of interest until the next attempt is past the place. */
export function failure({ phase, attempt, failure: reason }: ActiveStep): string {
  return reason === null || phase === 'step' ? '' : `attempt ${attempt - 1} failed: ${reason.split('\n')[0]}`;
}
