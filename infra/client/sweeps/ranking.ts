/** The trials of a sweep by their results. */
import type { RecordedTrial, RungResult, SweepRecord } from '../../../activities/sweep/contracts.ts';

/** Further up is better, then the value, then the earlier trial; those that failed come last. */
export function rankedTrials({
  sweep: {
    objective: { goal },
  },
  trials,
}: SweepRecord): RecordedTrial[] {
  const top = ({ rungs }: RecordedTrial): RungResult | undefined =>
    rungs.findLast(({ value }) => value !== null);
  const value = (trial: RecordedTrial): number => top(trial)!.value! * (goal === 'minimise' ? 1 : -1);
  const [ended, failed] = [trials.filter((trial) => top(trial)), trials.filter((trial) => !top(trial))];
  return [
    ...ended.sort((a, b) => top(b)!.rung - top(a)!.rung || value(a) - value(b) || a.trial - b.trial),
    ...failed,
  ];
}
