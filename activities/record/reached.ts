/** How far the trainings of a run have come, by its record: also of those that were interrupted, and have no
 *  result. */
import type { SegmentBoundary } from '../contracts/command.ts';
import type { TrainingName } from '../contracts/names.ts';
import type { Override } from '../contracts/training.ts';
import { isSegmentOf } from './curves.ts';
import { earlyEnd } from '../report/early-end.ts';
import { trainingOrder, type RunRecord } from './run-record.ts';

type Recorded = Partial<Pick<RunRecord, 'steps' | 'trainings' | 'decisions'>>;

/** The border after each training's last finished segment, in the order that files list them; without those
 *  that have finished none. One that ended early has come further than its result. `amended`: other settings
 *  as the request has them. A training that has not begun with its last ones comes to where it goes on with
 *  them. */
export function reachedIn(
  { steps = [], trainings = {}, decisions = [] }: Recorded,
  amended: readonly Override[] = [],
): Partial<Record<TrainingName, SegmentBoundary>> {
  return Object.fromEntries(
    trainingOrder.flatMap((training) => {
      const own = decisions.filter((decision) => decision.training === training);
      const set = amended.filter((one) => one.training === training);
      const isYetToBegin = set.length > own.filter(({ what }) => what === 'resumed').length;
      const update = isYetToBegin ? set.at(-1)!.update : updateIn({ steps, trainings, decisions }, training);
      // other settings since count their rollbacks anew
      const since = own.slice(1 + own.findLastIndex(({ what }) => what === 'resumed'));
      const rollbacks = isYetToBegin ? 0 : since.filter(({ what }) => what === 'rollback').length;
      return Number.isSafeInteger(update) && update > 0 ? [[training, { update, rollbacks }]] : [];
    }),
  );
}

function updateIn({ steps, trainings, decisions }: Required<Recorded>, training: TrainingName): number {
  const result = trainings[training];
  if (result !== undefined) return earlyEnd({ decisions }, training)?.made ?? result.updates;
  return Number(
    steps
      .findLast(({ name }) => isSegmentOf(training, name))
      ?.name.split('-')
      .at(-1) ?? 0,
  );
}
