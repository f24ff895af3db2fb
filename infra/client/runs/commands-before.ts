/** What a run's trainings were told, and its control was given, from its record: a new execution takes it at
 *  the same places. */
import { z } from 'zod';
import type { HeldCommand } from '../../../activities/contracts/command.ts';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { reachedIn } from '../../../activities/record/reached.ts';
import { trainingOrder } from '../../../activities/record/run-record.ts';
import { heldIn } from '../../../workflows/shared/held-commands.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { inShort } from '../../base/in-short.ts';
import type { StoredRecord } from '../records/run-records.ts';

const details = z.record(z.string(), z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]));
const decisionSchema = z.strictObject({
  at: z.iso.datetime(),
  what: z.literal('told'),
  training: z.enum(trainingOrder as [Decision['training'] & string]),
  sentence: z.string().max(1000),
  details,
});
const chosenSchema = decisionSchema.extend({
  what: z.literal('chosen'),
  details: details.and(
    z.looseObject({ updates: z.int().positive(), contrast: z.string(), contrastUpdates: z.int().positive() }),
  ),
});

/** As the request of a new execution has it. Throws CounterflowError. */
export function withCommandsBefore(
  record: StoredRecord | null,
  { amended = [] }: Pick<RunRequest, 'amended'>,
): Pick<RunRequest, 'told' | 'held' | 'reached' | 'chosen'> {
  if (record === null) return {};
  const [told, held, reached, chosen] = [
    toldBefore(record),
    heldBefore(record),
    reachedIn(record, amended),
    chosenBefore(record),
  ];
  return {
    ...(told.length > 0 && { told }),
    ...(held.length > 0 && { held }),
    ...(Object.keys(reached).length > 0 && { reached }),
    ...(chosen && { chosen }),
  };
}

/** Messages to trainings that had not begun. Throws CounterflowError where the record has one that is
 *  none. */
function heldBefore({ id, held = [] }: StoredRecord): HeldCommand[] {
  const messages = heldIn(held);
  if (messages?.every(({ training }) => trainingOrder.includes(training))) return messages;
  throw new CounterflowError(
    exitCodes.failed,
    `Expected what waits to be told in the run.json of ${id} to be messages, got `
      + `${inShort(JSON.stringify(held))}; take it out to go on without.`,
  );
}

/** How many updates its control was given last; null where none were chosen. Throws CounterflowError where
 *  that is none. */
function chosenBefore({ id, decisions = [] }: StoredRecord): Decision | null {
  const decision = decisions.findLast(({ what }) => what === 'chosen');
  if (decision === undefined) return null;
  const { success, data } = chosenSchema.safeParse(decision);
  if (success) return data as Decision;
  throw new CounterflowError(
    exitCodes.failed,
    `Expected what was chosen for the control of ${id} in its run.json to be a number of updates, `
      + `got ${inShort(JSON.stringify(decision))}; take it out to have it chosen again.`,
  );
}

/** Throws CounterflowError where the record has one that is none. */
export function toldBefore({ id, decisions = [] }: StoredRecord): Decision[] {
  return decisions
    .filter(({ what }) => what === 'told')
    .map((decision) => {
      const { success, data } = decisionSchema.safeParse(decision);
      if (!success || commandOfDecision(data) === null) {
        throw new CounterflowError(
          exitCodes.failed,
          `Expected what ${id} was told in its run.json to be messages, got `
            + `${inShort(JSON.stringify(decision))}; take it out to go on without.`,
        );
      }
      return data;
    });
}
