/** What a firing of a schedule finds under the id of its run: nothing, a run that goes on, or one that was
 *  completed and stays as it is. */
import type { OpenedFiring, StoredRequest, StoredServer } from '../contracts/run.ts';
import { BadInputError } from '../ports/data-errors.ts';
import { goingOn, isUnderWay, keptFile, keptRecord } from '../record/kept-file.ts';
import type { Ports } from '../ports/ports.ts';
import { recordRequest, requestFile } from '../record/record-request.ts';
import { byDottedName } from '../config/dotted.ts';
import { asBegun, differences, shown, type Difference } from '../config/same-request.ts';
import { sweepFile } from '../sweep/sweep-record.ts';
import type { ActivityScope } from '../step/heartbeat.ts';

/** Throws BadInputError where the id is another request's, or a sweep's, or was begun on another server and
 *  is not completed. */
export async function openFiring(
  ports: Ports,
  asked: StoredRequest,
  scope: ActivityScope,
): Promise<OpenedFiring> {
  const {
    request: { runId },
  } = asked;
  if ((await keptFile(ports, runId, sweepFile)) !== null)
    throw new BadInputError(`Expected a folder of a run, but ${runId} is a sweep; ${otherName}`);
  const [stored, record] = [
    await keptFile<StoredRequest>(ports, runId, requestFile),
    await keptRecord(ports, runId),
  ];
  if (stored !== null) refuseOther(runId, differences(asked.request, asBegun(stored.request)));
  if (record?.status === 'completed')
    return { request: null, results: resultsOf(record.results), ended: null };
  const ended = record?.status === 'failed' || record?.status === 'cancelled' ? record.status : null;
  if (stored === null) {
    await recordRequest(ports, asked, scope);
    return { request: asked.request, results: {}, ended };
  }
  refuseElsewhere(runId, asked, stored, 'resume');
  // an earlier attempt of this very firing wrote it
  const isOwn = stored.request.startedAt === asked.request.startedAt;
  return {
    request: isOwn
      ? stored.request
      : { ...stored.request, ...goingOn(record, new Date().toISOString(), stored.request) },
    results: {},
    ended,
    ...isUnderWay(record),
  };
}

export const otherName = 'remove its folder, or create the schedule under another name.';

/** Throws BadInputError where there are any. */
export function refuseOther(id: string, [first, ...more]: readonly Difference[]): void {
  if (first === undefined) return;
  const others =
    more.length === 0
      ? ''
      : more.length === 1
        ? `, as is ${more[0]!.name}`
        : `, as are ${more.length} more values`;
  throw new BadInputError(
    `Expected ${id} to be of this schedule, but ${first.name} is ${shown(first.asked)} here and `
      + `${shown(first.stored)} there${others}: it stays as it is; ${otherName}`,
  );
}

/** Throws BadInputError: two servers must not work on one folder. */
export function refuseElsewhere(id: string, here: StoredServer, there: StoredServer, command: string): void {
  if (here.address === there.address && (here.namespace ?? 'default') === (there.namespace ?? 'default'))
    return;
  const server =
    there.address === null
      ? 'the embedded Temporal server'
      : `the Temporal server ${there.address}, namespace ${there.namespace ?? 'default'}`;
  throw new BadInputError(
    `Expected ${id} to be of this Temporal server, but it was begun on ${server}: \`counterflow `
      + `${command} ${id}\` goes on with it there.`,
  );
}

function resultsOf(results: unknown): OpenedFiring['results'] {
  return Object.fromEntries(
    [...byDottedName(results)].filter(
      (entry): entry is [string, number | string] =>
        typeof entry[1] === 'number' || typeof entry[1] === 'string',
    ),
  );
}
