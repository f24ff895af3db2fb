/** Other settings for a training that gave up: where it begins, and what it had and has. Plain data in, plain data out. */
import type { Adjustment, Amendment, Decision, TrainingConfig, TrainingSpec } from '../activities/contracts.ts';
import { atStart, type TrainingState } from './segments.ts';

/** Segments that were accepted before are gone through again as they were; what follows has other noise, all of its learning rates, and all
 *  of its rollbacks before it. */
export function startOf({ training }: TrainingSpec, amended: readonly Amendment[], at: string): TrainingState {
  const latest = amended.at(-1);
  if (latest === undefined) return atStart;
  const { adjustments, decisions } = latest;
  const noiseStream = 1 + Math.max(0, ...decisions.filter(({ what }) => what === 'rollback').map(({ details }) => Number(details['noiseStream'])));
  const adjustment: Adjustment = { learningRateScale: 1, noiseStream, settings: amended.length };
  return { ...atStart, adjustment, again: adjustments, decisions: [...decisions, amendmentDecision(training, latest, at)] };
}

function amendmentDecision(training: TrainingSpec['training'], { update, changes }: Amendment, at: string): Decision {
  const from = update === 0 ? 'begins anew' : `goes on from update ${update}`;
  return { at, what: 'resumed', training, sentence: `${training} ${from} with ${changes.join(', ')}.`, details: { update, changes: changes.join(', ') } };
}

/** The settings a segment is computed with: those it had then. */
export function settingsOf({ config }: TrainingSpec, amended: readonly Amendment[], { settings = 0 }: Adjustment): TrainingConfig {
  return amended[settings]?.before ?? config;
}
