import { join } from 'node:path';
import type { Decision } from '../../../activities/contracts/decision.ts';
import { layoutOf, runFolder } from '../../store/layout.ts';
import { withoutSecrets } from '../../temporal/secrets.ts';
import { attend } from './attend.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { ServerConnection } from '../../client/server/server-connection.ts';
import { doubtsIn, now } from '../../client/runs/events.ts';
import { eventDisplay, printEvent } from './print-events.ts';
import { readRecord } from '../../client/records/run-records.ts';

/** As `attend`, for programs: an event a line, the last however it ends. `connection`: null where the run is
 *  completed. */
export async function attendWithEvents(
  connection: ServerConnection | null,
  out: string,
  run: string,
  before: readonly Decision[] = [],
): Promise<void> {
  printEvent({ event: 'begun', at: now(), run });
  try {
    if (connection) await attend(connection, layoutOf(out), run, before, eventDisplay({ run }));
  } catch (error) {
    if (error instanceof CounterflowError) {
      const status = (await readRecord(out, run))?.status ?? 'failed';
      printEvent({
        event: 'ended',
        at: now(),
        run,
        status,
        results: null,
        report: null,
        failure: { sentence: withoutSecrets(error.message), exitCode: error.exitCode },
      });
    }
    throw error;
  }
  const record = await readRecord(out, run);
  printEvent({
    event: 'ended',
    at: now(),
    run,
    status: record?.status ?? 'completed',
    results: record?.results ?? null,
    report: join(runFolder(layoutOf(out), run), 'report.html'),
    ...doubtsIn(record ?? {}),
  });
}
