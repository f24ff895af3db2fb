/** What a run's trainings were told, from its record: a new execution takes it at the same places. */
import { z } from 'zod';
import type { Decision, RunRequest } from '../../activities/contracts.ts';
import { trainingOrder } from '../../activities/run-record.ts';
import { toldMessage } from '../../workflows/told-decision.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { inShort } from './in-short.ts';
import type { StoredRecord } from './run-files.ts';

const decisionSchema = z.strictObject({
  at: z.iso.datetime(),
  what: z.literal('told'),
  training: z.enum(trainingOrder as [Decision['training'] & string]),
  sentence: z.string().max(1000),
  details: z.record(z.string(), z.union([z.string().max(1000), z.number(), z.boolean(), z.null()])),
});

/** As the request of a new execution has it. Throws CliError. */
export function retold(record: StoredRecord | null): Pick<RunRequest, 'told'> {
  const told = record ? toldBefore(record) : [];
  return told.length > 0 ? { told } : {};
}

/** Throws CliError where the record has one that is none. */
export function toldBefore({ id, decisions = [] }: StoredRecord): Decision[] {
  return decisions.filter(({ what }) => what === 'told').map((decision) => {
    const { success, data } = decisionSchema.safeParse(decision);
    if (!success || toldMessage(data) === null) {
      throw new CliError(exitCodes.failed, `Expected what ${id} was told in its run.json to be messages, got ${inShort(JSON.stringify(decision))}; take it out to go on without.`);
    }
    return data;
  });
}
