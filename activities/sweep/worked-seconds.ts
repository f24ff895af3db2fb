/** How long a rung of a trial has been worked on, from the record of its run. */
import type { RunRecord } from '../record/run-record.ts';

/** Updates of the contrast; null: its end. */
export interface Reach {
  /** That the rung below went to; 0 on the lowest. */
  readonly from: number | null;
  readonly until: number | null;
}

/** Wall time in seconds of the run's executions that went beyond the rung below, and not beyond this one.
 *  Waiting for cores counts, pauses do not. Null where the record lists none, as one of an earlier version
 *  does. */
export function workedSeconds(
  { executions = [] }: Partial<Pick<RunRecord, 'executions'>>,
  { from, until }: Reach,
): number | null {
  const own = executions.filter(
    (one) => (one.until ?? Infinity) > (from ?? Infinity) && (one.until ?? Infinity) <= (until ?? Infinity),
  );
  return own.length === 0 ? null : own.reduce((sum, { seconds }) => sum + seconds, 0);
}
