/** How long a sweep will take, and what it will cost, from what its first trials took for their first updates. */
import type { RunRecord } from '../../../activities/run-record.ts';
import type { Load, Measured, Projection, Sweep } from '../../../activities/sweep/contracts.ts';
import { untilOf } from '../../../activities/sweep/trial-request.ts';
import { boundariesTo } from '../../../workflows/segments.ts';
import { loadSentence } from '../estimate/load.ts';
import { duration, number } from '../format.ts';

/** null: it made no updates. */
export function measuredIn({ trainings, timings }: Pick<RunRecord, 'trainings' | 'timings'>): Measured | null {
  const contrast = trainings.contrast;
  if (!contrast || contrast.updates === 0) return null;
  // the data set is prepared once for all, and baselines go on beside the contrast
  const { setupS: _, totalS: __, prepareS: ___, baselinesS: ____, ...stages } = timings;
  const all = Object.values(stages).reduce((sum, seconds) => sum + seconds, 0);
  return { secondsPerUpdate: contrast.updateSeconds / contrast.updates, secondsBeside: Math.max(0, all - contrast.updateSeconds) };
}

export function project(sweep: Sweep, probes: readonly Measured[], without: readonly string[], load?: Load): Projection {
  const mean = (of: (one: Measured) => number): number => probes.reduce((sum, one) => sum + of(one), 0) / probes.length;
  const measured = { secondsPerUpdate: mean(one => one.secondsPerUpdate), secondsBeside: mean(one => one.secondsBeside) };
  const rungs = trialsByRung(sweep);
  let before = 0;
  const seconds = rungs.reduce((sum, trials, rung) => {
    const { contrast } = sweep.base.config;
    const end = boundariesTo(untilOf(sweep.halving, rung, { contrast }) ?? undefined, contrast).at(-1)!;
    const each = measured.secondsBeside + (end - before) * measured.secondsPerUpdate;
    before = end;
    return sum + Math.ceil(trials / Math.min(trials, sweep.concurrent)) * each;
  }, 0);
  return { seconds, rungs, measured, without, ...load && { load }, cost: sweep.pricePerHour === null ? null : seconds / 3600 * sweep.pricePerHour };
}

/** Should none of them fail. */
function trialsByRung({ trials, halving }: Sweep): number[] {
  const counts = [trials];
  for (let rung = 0; rung < (halving?.rungs.length ?? 0); rung += 1) counts.push(Math.max(1, Math.floor(counts[rung]! * halving!.keep + 1e-9)));
  return counts;
}

export function projectionLine({ concurrent, pricePerHour }: Sweep, { seconds, cost, rungs, measured, without }: Projection): string {
  const { secondsBeside, secondsPerUpdate } = measured;
  return `Projected: about ${duration(seconds)}${cost === null ? '' : `, ${cost.toFixed(2)} at ${number(pricePerHour!)} an hour`} `
    + `(${rungs.join(', then ')} trials, ${concurrent} at once; ${number(1000 * secondsPerUpdate)} ms an update and ${number(secondsBeside)} s beside, measured on first updates).`
    + (without.length === 0 ? '' : ` Not counted: ${without.join(', ')}, which each trial trains too.`);
}

/** As it is said: a line of its own for what the measuring was beside. */
export const projectionLines = (sweep: Sweep, projection: Projection): string[] =>
  [projectionLine(sweep, projection), ...projection.load ? [loadSentence(projection.load)] : []];
