/** Whether a statistic has left its own recent range, and for how many times in a row. The state is part of a
 *  checkpoint. */
import { median } from '../metrics/median.ts';

export interface RunningRange {
  /** The last values within range, oldest first. What is beyond it does not count: else a few of them would
   *  make the next one normal. */
  readonly recent: readonly number[];
  /** The last ones in a row that were beyond it. */
  readonly beyond: readonly number[];
  /** The update before the first of those at which it was measured; 0 where there are none, or none before.
   *  What it tells of has been so since then at most. */
  readonly since: number;
  /** The update at which it was measured last. */
  readonly at: number;
}
export const emptyRange: RunningRange = { recent: [], beyond: [], since: 0, at: 0 };

/** The history after `value`, measured at `update`. The first value is in range whatever it is: there is
 *  nothing to hold it against. */
export function updateRange(
  { recent, beyond, since, at }: RunningRange,
  value: number,
  update: number,
  window: number,
  isBeyond: (value: number, middle: number) => boolean,
): RunningRange {
  if (recent.length > 0 && isBeyond(value, median(recent)))
    return { recent, beyond: [...beyond, value], since: beyond.length === 0 ? at : since, at: update };
  return { recent: [...recent, value].slice(-window), beyond: [], since: 0, at: update };
}
