/** Works on a sweep until it ends, with a worker beside us. */
import { bestOfSweep } from '../../../activities/sweep/configurations.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { failedOf } from '../../../activities/sweep/sweep-record.ts';
import type { CounterflowError } from '../../base/user-error.ts';
import type { Layout } from '../../store/layout.ts';
import { withoutSecrets } from '../../temporal/secrets.ts';
import { sweepIn } from '../records/sweep-records.ts';
import type { Display } from '../runs/display.ts';
import { now, type SweepEvent } from '../runs/events.ts';
import { explainEnd } from '../runs/explain-end.ts';
import { differsSentence, replaceExecution } from '../runs/replace-execution.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { withWorker } from '../server/with-worker.ts';
import { followSweep } from './follow-sweep.ts';
import { startSweep } from './start-sweep.ts';

export interface AttendedSweep {
  readonly sweep: Sweep;
  /** Aborted where whoever attends leaves; the sweep stays resumable. */
  readonly signal: AbortSignal;
  /** What starts it, beside its worker; left out where it is under way. */
  readonly begin?: (display: Display, signal: AbortSignal) => Promise<void>;
}

/** Goes on in a new execution where the code of the workflows is another now. Throws CounterflowError where
 *  it does not complete, and the signal's reason once it is aborted. */
export async function attendSweep(
  connection: ServerConnection,
  layout: Layout,
  { sweep, signal, begin }: AttendedSweep,
  display: Display,
): Promise<void> {
  const { client, uiUrl } = connection;
  const use = { own: sweep.id, resume: `sweep resume ${sweep.id}`, signal };
  await withWorker(connection, layout, use, display, async (over) => {
    await begin?.(display, over);
    for (;;) {
      const differing = await followSweep(client, sweep, uiUrl, display, over).catch((error: unknown) => {
        throw explainEnd(sweep.id, error, 'sweep');
      });
      if (differing === null) return;
      display.say(differsSentence(sweep.id, differing));
      await replaceExecution(client, differing, () => startSweep(client, sweep, false));
    }
  });
}

/** The last event. Where it was refused while its first updates were measured, nothing of it is recorded. */
export async function sweepEnded(
  out: string,
  id: string,
  error: CounterflowError | null,
): Promise<SweepEvent> {
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
