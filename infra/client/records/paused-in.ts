import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';

/** Trainings of a run that was not ended which were told to hold, and not to go on since, by its record. */
export function pausedIn({
  status,
  decisions = [],
  trainings = {},
}: Pick<RunRecord, 'status'> & Partial<RunRecord>): TrainingName[] {
  if (status !== 'running') return [];
  const held = new Set<TrainingName>();
  const told = decisions
    .filter(({ what }) => what === 'told')
    .flatMap((decision) => {
      const message = commandOfDecision(decision);
      return message && decision.training ? [{ ...message, training: decision.training }] : [];
    });
  for (const {
    message: { kind },
    training,
  } of told.sort((a, b) => a.number - b.number)) {
    if (kind === 'pause') held.add(training);
    if (kind === 'resume') held.delete(training);
  }
  return [...held].filter((training) => trainings[training] === undefined);
}
