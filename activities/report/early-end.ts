/** A training that ended early, or whose result is an earlier checkpoint than its last, as the decision in
 *  the record tells it. */
import type { ReportRecord } from './contract.ts';

export interface EarlyEnd {
  /** Updates the training made: what its time was spent on. */
  readonly made: number;
  /** Updates its configuration has. */
  readonly planned: number;
  /** Update of the checkpoint that is its result; 0 is what it started from. */
  readonly result: number;
}

/** null for a training whose result is its last update. */
export function earlyEnd(
  { decisions = [] }: Pick<ReportRecord, 'decisions'>,
  training: string,
): EarlyEnd | null {
  const decision = decisions.find((one) => one.what === 'stopped-early' && one.training === training);
  const { update, updates, bestUpdate } = (decision?.details ?? {}) as Readonly<Record<string, unknown>>;
  return typeof update === 'number' && typeof updates === 'number' && typeof bestUpdate === 'number'
    ? { made: update, planned: updates, result: bestUpdate }
    : null;
}
