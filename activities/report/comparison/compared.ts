/** What is compared: records of runs, and values side by side. */
import type { Scalar } from '../../config/dotted.ts';
import type { RunRecord } from '../../record/run-record.ts';

/** run.json, or the little that is known of a run before it is written first. */
export type ComparableRecord = Pick<RunRecord, 'id' | 'experiment' | 'status' | 'seed' | 'startedAt'>
  & Partial<RunRecord>;

export interface ComparedValue {
  /** Dotted, as `--set` and `show --json` name it. */
  readonly name: string;
  /** By the run's id; left out where a run has no such value. */
  readonly values: Readonly<Record<string, Scalar>>;
}
