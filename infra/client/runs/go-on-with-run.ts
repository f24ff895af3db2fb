/** A run that was interrupted, failed or was cancelled goes on; one that is completed goes further, or is
 *  repaired. */
import type { Client } from '@temporalio/client';
import type { StoredRequest } from '../../../activities/contracts/run.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { readRecord, readRequest, writeRequest, type StoredRecord } from '../records/run-records.ts';
import type { Workplace } from '../server/workplace.ts';
import { isOpen } from '../server/workflow-state.ts';
import { withCommandsBefore } from './commands-before.ts';
import { overrideRequest } from './override-request.ts';
import { resumeRun, storedRequest } from './resume-run.ts';
import { untilIn } from './run-request.ts';
import type { Beginning } from './start-run.ts';

export interface ResumeOptions {
  /** Of a run begun with `until`: goes on to this update of the contrast, or to the end. */
  readonly until?: number | 'end';
  /** Of a run whose pretraining or contrast gave up: `path=value`, settings of that training. */
  readonly set?: readonly string[];
  /** Also where it was completed: what is missing or damaged is computed anew. */
  readonly repair?: boolean;
}

/** `say` is told what is done. Resolves to `completed` where there is nothing left to do. Throws
 *  CounterflowError. */
export async function goOnWithRun(
  workplace: Pick<Workplace, 'out' | 'connection'>,
  id: string,
  record: StoredRecord | null,
  { until, set, repair = false }: ResumeOptions,
  say: (line: string) => void,
): Promise<Extract<Beginning, 'resumed' | 'completed'>> {
  const { out } = workplace;
  const isAsked = repair || set !== undefined;
  if (!isAsked && (await isThere(out, record, until))) return 'completed';
  const stored = await storedRequest(out, id);
  const changed = set ? { ...stored, request: overrideRequest(stored.request, record, set) } : stored;
  const further = until === undefined ? changed : extended(changed, until);
  const { client } = await workplace.connection(stored);
  // another may have gone on with it meanwhile
  if (!isAsked && (await isThere(out, await readRecord(out, id), until))) {
    say(`${id} has just been completed.`);
    return 'completed';
  }
  if (further !== stored) await keep(client, out, further);
  const reached = record?.trainings?.contrast?.updates ?? 0;
  if (typeof until === 'number' && until < reached)
    say(
      `Its contrast has reached update ${reached}: it goes back to the first checkpoint from `
        + `${until} on, and finds the rest again when it goes further.`,
    );
  say(await resumeRun(client, { ...further.request, ...withCommandsBefore(record, further.request) }));
  return 'resumed';
}

/** Whether it is completed, and as far as it is to go. Throws CounterflowError. */
async function isThere(
  out: string,
  record: StoredRecord | null,
  until: ResumeOptions['until'],
): Promise<boolean> {
  if (record?.status !== 'completed') return false;
  if (until === undefined) return true;
  const stored = await readRequest(out, record.id);
  return (
    stored !== null && !record.withoutBaselines && extended(stored, until).request.until === record.until
  );
}

/** Throws CounterflowError. */
function extended(
  { request: { until: _, withoutBaselines: __, ...whole }, address, namespace, profile }: StoredRequest,
  to: number | 'end',
): StoredRequest {
  const request = { ...whole, ...untilIn(whole.config, to === 'end' ? undefined : to) };
  return {
    request,
    address,
    ...(namespace !== undefined && { namespace }),
    ...(profile !== undefined && { profile }),
  };
}

/** Throws CounterflowError where the run is under way: it has its own. */
async function keep(client: Client, out: string, stored: StoredRequest): Promise<void> {
  const { runId } = stored.request;
  if (await isOpen(client, runId))
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --until and --set with a run that has ended, but ${runId} is under way; leave them `
        + 'out to go on with it.',
    );
  await writeRequest(out, stored);
}
