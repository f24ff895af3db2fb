/** Whether the last part of a training was healthy, by the lines of metrics it kept. Pure: the same lines
 *  give the same warnings. */
import { median } from '../../models/metrics/median.ts';
import type { TrainingName } from '../contracts/names.ts';
import { players } from './player-figures.ts';
import type { Warning } from './warning.ts';

type Line = Readonly<Record<string, unknown>>;

/** What is judged is the last fifth of the updates: a short run is given as little time to be ill as it has
 *  to become well. A contrast that begins with a random flow is told apart with certainty for a while, and
 *  goes well. */
const lastPart = 1 / 5;
/** Single batches say little. */
const fewestLines = 3;
/** Medians of healthy contrasts at their ends: accuracy 0.5 to 0.8, V -1.5 to -0.9. */
const sureAccuracy = 0.995;
const sureValue = -0.02;
/** -log 4 = -1.39 is a coin's V. An EBM that is surely wrong is below. */
const lostValue = -4;
/** Nats a step, root mean square over data. Healthy 2-D contrasts moved 0.04 at most; on images one of 65 in
 *  3,072 dimensions was too much. */
const wildShift = { least: 5, perDim: 1 / 50 };
/** Times the median of the first third. Healthy norms of whole trainings stayed within 10 times. */
const wildGrowth = 300;
const leastWildNorm = 1000;

export interface Judged {
  /** Numbers in a point or an image. */
  readonly dim: number;
  /** Updates it is to make; left out: it makes no more. */
  readonly updates?: number;
}

/** None before a fifth of the updates is made. The game of the GAN is none of this: its discriminator may
 *  always be right. */
export function judgeTraining(
  training: TrainingName,
  lines: readonly Line[],
  { dim, updates }: Judged,
): Warning[] {
  const last = Number(lines.at(-1)?.['update'] ?? 0);
  const planned = updates ?? last;
  const part = lines.filter(({ update }) => Number(update) > last - planned * lastPart);
  const window = part.length < fewestLines ? lines.slice(-fewestLines) : part;
  if (training === 'dcgan' || window.length < fewestLines || last < planned * lastPart) return [];
  const since = Number(window[0]!['update']);
  return [...contrastWarnings(window), ...shiftWarnings(window, dim), ...normWarnings(lines, window)].map(
    ({ what, sentence, details }) => ({
      what,
      training,
      sentence: `${training}, updates ${since} to ${last}: ${sentence}`,
      details: { fromUpdate: since, toUpdate: last, ...details },
    }),
  );
}

type Found = Omit<Warning, 'training'>;

function contrastWarnings(window: readonly Line[]): Found[] {
  const [value, accuracy] = [middle(window, 'value'), middle(window, 'accuracy')];
  if (value === null || accuracy === null) return [];
  const details = { value, accuracy };
  if (value > sureValue && accuracy >= sureAccuracy)
    return [
      {
        what: 'saturated',
        details,
        sentence:
          `data and samples are told apart with certainty (accuracy ${short(accuracy)}, V ${short(value)}). `
          + "The flow has nothing left to learn from, and the densities say little. Lower the EBM's "
          + 'learning rate, or give the flow more moves or a longer pretraining.',
      },
    ];
  if (value < lostValue)
    return [
      {
        what: 'lost-ebm',
        details,
        sentence:
          `V is ${short(value)}, far below the ${short(-Math.log(4))} of a guess. `
          + 'The EBM has lost its place, and its densities say little. Lower the learning rates, or '
          + 'give the EBM more moves.',
      },
    ];
  return [];
}

function shiftWarnings(window: readonly Line[], dim: number): Found[] {
  const shift = middle(window, 'logProbShift.flow') ?? middle(window, 'logProbShift');
  const limit = Math.max(wildShift.least, wildShift.perDim * dim);
  return shift === null || shift <= limit
    ? []
    : [
        {
          what: 'log-prob-moves',
          details: { logProbShift: shift, limit },
          sentence:
            `a step of the flow moves log q by ${short(shift)} nats, over ${short(limit)}. `
            + "The EBM cannot follow. Lower the flow's learning rate, or set maxLogProbShift.",
        },
      ];
}

function normWarnings(lines: readonly Line[], window: readonly Line[]): Found[] {
  const first = lines.slice(0, Math.max(fewestLines, Math.ceil(lines.length / 3)));
  return ['gradNorm', ...players.map((player) => `gradNorm.${player}`)].flatMap((name): Found[] => {
    const [before, now] = [middle(first, name), middle(window, name)];
    if (
      before === null
      || now === null
      || now <= Math.max(leastWildNorm, wildGrowth * before)
      || (name === 'gradNorm' && players.some((player) => `gradNorm.${player}` in window.at(-1)!))
    )
      return [];
    return [
      {
        what: 'gradient-norm',
        details: { of: name, gradNorm: now, atFirst: before },
        sentence:
          `the gradient norm (${name}) is ${short(now)}, ${short(now / before)} times that of the beginning. `
          + 'Lower the learning rate, or set clipNorm.',
      },
    ];
  });
}

/** The median of those lines that have it; null: too few have. */
function middle(lines: readonly Line[], name: string): number | null {
  const values = lines
    .map((line) => line[name])
    .filter((value): value is number => typeof value === 'number');
  return values.length < fewestLines ? null : median(values);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
