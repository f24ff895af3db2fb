/** How long a sweep will take, and what it will cost, from what its first trials took for their first
 *  updates. */
import type { TrainingName } from '../../../activities/contracts/names.ts';
import { isSegmentOf } from '../../../activities/record/curves.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import type { Load, Measured, Projection, Sweep } from '../../../activities/sweep/contracts.ts';
import { untilOf } from '../../../activities/sweep/trial-request.ts';
import { boundariesTo } from '../../../workflows/training/segments.ts';
import { loadSentence } from '../estimate/load.ts';
import { duration, number } from '../../base/format.ts';

/** Trainings that are found where they were computed before, and the sections that they hang on. */
const hangOn = {
  features: ['seed', 'dataset', 'compute', 'featureNetwork'],
  pretrain: ['seed', 'models', 'dataset', 'compute', 'pretrain'],
  control: ['seed', 'models', 'dataset', 'compute', 'pretrain', 'contrast', 'baselines'],
} as const satisfies Partial<Record<TrainingName, readonly string[]>>;

/** Of these, what each trial has to compute for itself: what hangs on a swept path. */
export const ownTrainings = ({ parameters }: Pick<Sweep, 'parameters'>): TrainingName[] =>
  Object.entries(hangOn).flatMap(([training, sections]) =>
    Object.keys(parameters).some((path) => (sections as readonly string[]).includes(path.split('.')[0]!))
      ? [training as TrainingName]
      : [],
  );

/** What found segments of a training took when they were computed, by the share of its updates that they
 *  made; 0 where all were computed now. */
function foundSeconds({ trainings, steps = [] }: Probed, training: TrainingName): number {
  const made = steps.flatMap(({ name, reused }) =>
    isSegmentOf(training, name) ? [{ reused, updates: updatesIn(name) }] : [],
  );
  const sum = (some: typeof made): number => some.reduce((total, { updates }) => total + updates, 0);
  const found = sum(made.filter(({ reused }) => reused));
  return found === 0 ? 0 : ((trainings[training]?.updateSeconds ?? 0) * found) / sum(made);
}

/** Of a segment's name, `pretrain 20-40`. */
function updatesIn(name: string): number {
  const [from, to] = name.split(' ').at(-1)!.split('-').map(Number) as [number, number];
  return to - from;
}

export type Probed = Pick<RunRecord, 'trainings' | 'timings'> & Partial<Pick<RunRecord, 'steps'>>;

/** `own`: trainings that each trial computes for itself, so that those which were found count as when they
 *  were computed. Null: it made no updates. */
export function measuredIn(probed: Probed, own: readonly TrainingName[] = []): Measured | null {
  const { trainings, timings } = probed;
  const contrast = trainings.contrast;
  if (!contrast || contrast.updates === 0) return null;
  // the data set is prepared once for all, and baselines go on beside the contrast
  const { setupS: _, totalS: __, prepareS: ___, baselinesS: ____, ...stages } = timings;
  const all = Object.values(stages).reduce((sum, seconds) => sum + seconds, 0);
  const earlier = own.reduce((sum, training) => sum + foundSeconds(probed, training), 0);
  return {
    secondsPerUpdate: contrast.updateSeconds / contrast.updates,
    secondsBeside: Math.max(0, all - contrast.updateSeconds) + earlier,
    ...(earlier > 0 && { secondsEarlier: earlier }),
  };
}

export function project(
  sweep: Sweep,
  probes: readonly Measured[],
  without: readonly string[],
  load?: Load,
): Projection {
  const mean = (of: (one: Measured) => number): number =>
    probes.reduce((sum, one) => sum + of(one), 0) / probes.length;
  const earlier = mean((one) => one.secondsEarlier ?? 0);
  const measured = {
    secondsPerUpdate: mean((one) => one.secondsPerUpdate),
    secondsBeside: mean((one) => one.secondsBeside),
    ...(earlier > 0 && { secondsEarlier: earlier }),
  };
  const rungs = trialsByRung(sweep);
  let before = 0;
  const seconds = rungs.reduce((sum, trials, rung) => {
    const { contrast } = sweep.base.config;
    const end = boundariesTo(untilOf(sweep.halving, rung, { contrast }) ?? undefined, contrast).at(-1)!;
    const each = measured.secondsBeside + (end - before) * measured.secondsPerUpdate;
    before = end;
    return sum + Math.ceil(trials / Math.min(trials, sweep.concurrent)) * each;
  }, 0);
  return {
    seconds,
    rungs,
    measured,
    without,
    ...(load && { load }),
    cost: sweep.pricePerHour === null ? null : (seconds / 3600) * sweep.pricePerHour,
  };
}

/** Should none of them fail. */
function trialsByRung({ trials, halving }: Sweep): number[] {
  const counts = [trials];
  for (let rung = 0; rung < (halving?.rungs.length ?? 0); rung += 1)
    counts.push(Math.max(1, Math.floor(counts[rung]! * halving!.keep + 1e-9)));
  return counts;
}

export function projectionLine(
  { concurrent, pricePerHour }: Sweep,
  { seconds, cost, rungs, measured, without }: Projection,
): string {
  const { secondsBeside, secondsPerUpdate, secondsEarlier = 0 } = measured;
  return (
    'Projected: about '
    + `${duration(seconds)}${cost === null ? '' : `, ${cost.toFixed(2)} at ${number(pricePerHour!)} an hour`} `
    + `(${rungs.join(', then ')} trials, ${concurrent} at once; ${number(1000 * secondsPerUpdate)} ms `
    + `an update and ${number(secondsBeside)} s beside, measured on first updates).`
    + (secondsEarlier === 0
      ? ''
      : ` Of these ${number(secondsBeside)} s ${number(secondsEarlier)} were measured at another time, `
        + 'when trainings were computed that are found now but not by other trials.')
    + (without.length === 0 ? '' : ` Not counted: ${without.join(', ')}, which each trial trains too.`)
  );
}

/** As it is said: a line of its own for what the measuring was beside. */
export const projectionLines = (sweep: Sweep, projection: Projection): string[] => [
  projectionLine(sweep, projection),
  ...(projection.load ? [loadSentence(projection.load)] : []),
];
