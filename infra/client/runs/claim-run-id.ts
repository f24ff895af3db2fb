/** A run of an id is begun once, however often and by how many at once it is asked for: whoever asks for the
 *  same joins it. */
import { join } from 'node:path';
import type { RunRequest, StoredRequest } from '../../../activities/contracts/run.ts';
import { requestFile, requestText } from '../../../activities/record/record-request.ts';
import { writeFirst } from '../../store/atomic-write.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { inShort } from '../../base/in-short.ts';
import { invocation } from '../../base/invocation.ts';
import { readRecord, readRequest } from '../records/run-records.ts';
import { sweepIn } from '../records/sweep-records.ts';
import { differences, shown, type Difference } from '../../../activities/config/same-request.ts';

export interface Entered {
  /** What the run was begun with. */
  readonly stored: StoredRequest;
  /** The id was free. */
  readonly isFirst: boolean;
}

/** null: the id is free. Throws CounterflowError where it is another request's, or a sweep's, or what was
 *  asked for under it is not kept. */
export async function earlierRequest(out: string, asked: RunRequest): Promise<StoredRequest | null> {
  const earlier = await readRequest(out, asked.runId);
  if (earlier === null) await requireFree(out, asked.runId);
  const found = earlier ? differences(asked, earlier.request) : [];
  if (found.length > 0) throw new CounterflowError(exitCodes.badInput, refusal(asked.runId, found));
  return earlier;
}

/** Writes the request where the id is free. Throws CounterflowError where it is another request's. */
export async function claimRunId(out: string, stored: StoredRequest): Promise<Entered> {
  const { request } = stored;
  const file = join(out, request.runId, requestFile);
  if (await writeFirst(file, requestText(stored))) return { stored, isFirst: true };
  const earlier = await earlierRequest(out, request);
  if (!earlier)
    throw new CounterflowError(
      exitCodes.failed,
      `Expected ${file} to be a file; remove it and start the run again.`,
    );
  return { stored: earlier, isFirst: false };
}

async function requireFree(out: string, runId: string): Promise<void> {
  if ((await sweepIn(out, runId)) !== null)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected a new --id, but ${runId} is a sweep; choose another --id.`,
    );
  const record = await readRecord(out, runId);
  if (record === null) return;
  throw new CounterflowError(
    exitCodes.badInput,
    `Expected a new --id, but ${join(out, runId)} holds a run that is ${record.status}, without the `
      + `${requestFile} it was begun with; choose another --id, or move that folder away.`,
  );
}

function refusal(runId: string, [first, ...more]: readonly Difference[]): string {
  const { name, asked, stored } = first!;
  const others =
    more.length === 0
      ? ''
      : more.length === 1
        ? `, as is ${more[0]!.name}`
        : `, as are ${more.length} more values`;
  return (
    `Expected a new --id or the request that ${runId} was begun with, but ${name} is `
    + `${inShort(shown(asked))} here and ${inShort(shown(stored))} there${others}; `
    + `choose another --id, or \`${invocation} resume ${runId}\` to go on with that run.`
  );
}
