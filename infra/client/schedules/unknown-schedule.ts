import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { nearest } from '../../base/nearest.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { ScheduleView } from './schedule-view.ts';

/** Of a name that no schedule has. */
export function unknownSchedule(name: string, known: readonly ScheduleView[]): CounterflowError {
  const guess = nearest(
    name,
    known.map((view) => view.name),
  );
  return new CounterflowError(
    exitCodes.badInput,
    `Expected the name of a schedule, got ${JSON.stringify(name)}; `
      + `${guess ? `did you mean ${guess}?` : `\`${invocation} schedule list\` lists them.`}`,
  );
}
