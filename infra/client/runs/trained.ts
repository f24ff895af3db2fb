/** How far a run's trainings have come, from its record: also those that were interrupted, cancelled or gave
 *  up, which have no result. */
import type { TrainingName } from '../../../activities/contracts/names.ts';
import { reachedIn } from '../../../activities/record/reached.ts';
import { sectionOf } from '../../../activities/config/section-of.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';
import { number } from '../../base/format.ts';
import type { StoredRecord } from '../records/run-records.ts';

export interface Trained {
  readonly training: TrainingName;
  /** At its last finished segment. */
  readonly update: number;
  /** In total; null where the record has no configuration. */
  readonly updates: number | null;
}

/** In the order that files list them; without those that have finished no segment. */
export function trainedIn(record: StoredRecord): Trained[] {
  return Object.entries(reachedIn(record)).map(([name, { update }]) => {
    const training = name as TrainingName;
    return { training, update, updates: plannedIn(record, training) };
  });
}

/** As configured, or as it was told since. */
function plannedIn({ config, decisions = [] }: StoredRecord, training: TrainingName): number | null {
  const told = decisions
    .filter((decision) => decision.training === training)
    .flatMap((decision) => commandOfDecision(decision) ?? []);
  const extended = told.flatMap(({ message }) => (message.kind === 'extend' ? [message.updates] : []));
  return Math.max(sectionOf(config, training)?.updates ?? 0, ...extended) || null;
}

/** 80 of 150 updates. */
export const trainedText = ({ training, update, updates }: Trained): string =>
  `${training} ${number(update)}${updates === null ? '' : ` of ${number(updates)}`} updates`;
