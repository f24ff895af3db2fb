/** Stays with a sweep to its end, with a worker beside it: progress and a table for people, or an event a
 *  line for programs. */
import { withoutSecrets } from '../../temporal/secrets.ts';
import { bestOfSweep } from '../../../activities/sweep/configurations.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { failedOf } from '../../../activities/sweep/sweep-record.ts';
import { layoutOf } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import type { Display } from '../../client/runs/display.ts';
import { createDisplay } from './display.ts';
import { now, type SweepEvent } from '../../client/runs/events.ts';
import { eventDisplay, printEvent } from './print-events.ts';
import { explainEnd } from '../../client/runs/explain-end.ts';
import type { ServerConnection } from '../../client/server/server-connection.ts';
import { withWorker } from '../../client/server/with-worker.ts';
import { differsSentence, replaceExecution } from '../../client/runs/replace-execution.ts';
import { followSweep } from '../../client/sweeps/follow-sweep.ts';
import { printSweep } from './print-sweep.ts';
import { startSweep } from '../../client/sweeps/start-sweep.ts';
import { sweepIn } from '../../client/records/sweep-records.ts';

interface Attended {
  readonly out: string;
  readonly json?: true;
}

/** What starts a sweep, beside its worker. */
type Begin = (display: Display, signal: AbortSignal) => Promise<void>;

/** `connection`: null where the sweep is completed. `begin`: left out where it is under way. Throws CliError
 *  where it does not complete. */
export async function attendSweep(
  connection: ServerConnection | null,
  sweep: Sweep,
  { out, json }: Attended,
  begin: Begin = async () => {},
): Promise<void> {
  if (json) printEvent({ event: 'begun', at: now(), sweep: sweep.id });
  try {
    if (connection)
      await toItsEnd(
        connection,
        sweep,
        out,
        json ? eventDisplay({ sweep: sweep.id }) : createDisplay(),
        begin,
      );
  } catch (error) {
    if (json && error instanceof CounterflowError) printEvent(await endOf(out, sweep.id, error));
    throw error;
  }
  if (json) printEvent(await endOf(out, sweep.id));
  else await printSweep(out, sweep.id);
}

async function toItsEnd(
  connection: ServerConnection,
  sweep: Sweep,
  out: string,
  display: Display,
  begin: Begin,
): Promise<void> {
  await withWorker(
    connection,
    layoutOf(out),
    { own: sweep.id, resume: `sweep resume ${sweep.id}` },
    display,
    async (signal) => {
      await begin(display, signal);
      for (;;) {
        const differing = await followSweep(
          connection.client,
          sweep,
          connection.uiUrl,
          display,
          signal,
        ).catch((error: unknown) => {
          throw explainEnd(sweep.id, error, 'sweep');
        });
        if (differing === null) return;
        display.say(differsSentence(sweep.id, differing));
        await replaceExecution(connection.client, differing, () =>
          startSweep(connection.client, sweep, false),
        );
      }
    },
  );
}

/** Where it was refused while its first updates were measured, nothing of it is recorded. */
async function endOf(out: string, id: string, error?: CounterflowError): Promise<SweepEvent> {
  const record = await sweepIn(out, id);
  const { trials = [] } = record ?? {};
  const best = record && bestOfSweep(record);
  return {
    event: 'ended',
    at: now(),
    sweep: id,
    status: record?.status ?? 'failed',
    trials: trials.length,
    failed: failedOf(trials),
    best: best && {
      trial: best.trial,
      run: best.runId,
      value: best.value,
      command: best.command,
      ...(best.seeds && { seeds: [...best.seeds] }),
    },
    ...(error && { failure: { sentence: withoutSecrets(error.message), exitCode: error.exitCode } }),
  };
}
