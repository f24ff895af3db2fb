/** How long a run has been worked on, from its record. */
import type { TrainingName } from '../contracts.ts';
import { isSegmentOf } from '../curves.ts';
import { trainingOrder, type RunRecord } from '../run-record.ts';

/** They go on one after another; all others beside them. */
const mainLine: readonly TrainingName[] = ['pretrain', 'contrast', 'control'];

/** Seconds that its steps took which were computed, not found: trainings that go on beside one another count once, the longest. What lies between
 *  steps, as the night that nobody worked, does not count. Null where the record lists no steps. */
export function workedSeconds({ steps = [] }: Partial<Pick<RunRecord, 'steps'>>): number | null {
  if (steps.length === 0) return null;
  const computed = steps.filter(({ reused }) => !reused);
  const sum = (some: typeof computed): number => some.reduce((total, { seconds }) => total + seconds, 0);
  const ofTraining = (training: TrainingName): number => sum(computed.filter(({ name }) => isSegmentOf(training, name)));
  const others = computed.filter(({ name }) => !trainingOrder.some((training) => isSegmentOf(training, name)));
  const beside = trainingOrder.filter((training) => !mainLine.includes(training)).map(ofTraining);
  return sum(others) + Math.max(mainLine.reduce((total, training) => total + ofTraining(training), 0), ...beside);
}
