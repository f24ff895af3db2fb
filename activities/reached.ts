/** How far the trainings of a run have come, by its record: also of those that were interrupted, and have no result. */
import type { Border, TrainingName } from './contracts.ts';
import { isSegmentOf } from './curves.ts';
import { trainingOrder, type RunRecord } from './run-record.ts';

type Recorded = Partial<Pick<RunRecord, 'steps' | 'trainings' | 'decisions'>>;

/** The border after each training's last finished segment, in the order that files list them; without those that have finished none. */
export function reachedIn({ steps = [], trainings = {}, decisions = [] }: Recorded): Partial<Record<TrainingName, Border>> {
  return Object.fromEntries(trainingOrder.flatMap((training) => {
    const last = steps.findLast(({ name }) => isSegmentOf(training, name));
    const update = trainings[training]?.updates ?? Number(last?.name.split('-').at(-1) ?? 0);
    const own = decisions.filter((decision) => decision.training === training);
    // other settings since count their rollbacks anew
    const rollbacks = own.slice(1 + own.findLastIndex(({ what }) => what === 'resumed')).filter(({ what }) => what === 'rollback').length;
    return update === 0 ? [] : [[training, { update, rollbacks }]];
  }));
}
