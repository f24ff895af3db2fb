/** Cancels a run or a sweep and waits until everything that worked on it has stopped. What does not end by
 *  itself is ended on the server. */
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { RunStatusName } from '../../../activities/contracts/names.ts';
import type { Layout } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { isOpen } from '../server/workflow-state.ts';
import { treeOf, untilCodeDiffers } from '../server/code-watch.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { explainEnd } from './explain-end.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { recordCancelled } from './record-cancelled.ts';
import { terminate } from './replace-execution.ts';
import { superviseWorker, type WorkerSupervisor } from '../../worker/supervise-worker.ts';

type Kind = Parameters<typeof explainEnd>[2];

/** A worker that lives stops its compute processes sooner than this. */
const workersAnswerWithinMs = 10_000;
/** The last record of a run is tried three times, a minute each; everything before it takes seconds. */
const endsWithinMs = 300_000;

/** Resolves to why it had to be ended on the server; null where it ended by itself. Throws CounterflowError
 *  where it ended otherwise. */
export async function cancelWorkflow(
  connection: ServerConnection,
  layout: Layout,
  id: string,
  kind: Kind,
  withinMs = endsWithinMs,
): Promise<string | null> {
  await connection.client.workflow.getHandle(id).cancel();
  const why = await untilCancelled(connection, layout, id, kind, withinMs);
  if (why === null) return null;
  const tree = await treeOf(connection.client, id);
  await terminate(connection.client, tree, `cancelled; ${why}`);
  await recordCancelled(layout.out, tree);
  return why;
}

/** Where no worker takes the cancellation, one of our own does. Resolves to why it does not end; null: it
 *  has. */
async function untilCancelled(
  connection: ServerConnection,
  layout: Layout,
  id: string,
  kind: Kind,
  withinMs: number,
): Promise<string | null> {
  const over = new AbortController();
  const ended = endOf(connection.client, id, kind).then(() => null);
  const stuck = untilCodeDiffers(connection.client, id, over.signal).then(
    () => 'the code of the workflows differs from that which it was begun with',
  );
  for (const one of [ended, stuck]) one.catch(() => undefined); // one of them is over first
  let worker: WorkerSupervisor | null = null;
  try {
    const taken = await Promise.race([
      ended,
      stuck,
      setTimeout(workersAnswerWithinMs, undefined, { ref: false, signal: over.signal }).catch(
        () => undefined,
      ),
    ]);
    if (taken !== undefined) return taken;
    worker = superviseWorker(layout, connection.server, (line) => process.stderr.write(`${line}\n`), id);
    const late = setTimeout(withinMs, `it did not end within ${withinMs / 1000} s`, {
      ref: false,
      signal: over.signal,
    }).catch(() => null);
    return await Promise.race([ended, stuck, diesTooOften(worker), late]);
  } finally {
    over.abort();
    await worker?.stop();
  }
}

const diesTooOften = ({ failed }: WorkerSupervisor): Promise<string> =>
  new Promise((resolve) => {
    failed.addEventListener('abort', () => resolve('no worker could take the cancellation'), { once: true });
  });

async function endOf(client: Client, id: string, kind: Kind): Promise<void> {
  const ended = await client.workflow
    .getHandle(id)
    .result()
    .then(
      () => null,
      (error: unknown) => explainEnd(id, error, kind),
    );
  if (ended === null)
    throw new CounterflowError(exitCodes.failed, `${id} was completed before it could be cancelled.`);
  if (!(ended instanceof CounterflowError && ended.exitCode === exitCodes.cancelled)) throw ended;
}

export const cancelledText = (id: string, why: string | null): string =>
  `${id} is cancelled.${why === null ? '' : ` It was ended on the server, for ${why}.`}`;

/** As above, of a run. `status`: as recorded. Throws CounterflowError where it has ended before, or nothing
 *  works on it. */
export async function cancelRun(
  connection: ServerConnection,
  layout: Layout,
  id: string,
  status: RunStatusName,
): Promise<string | null> {
  if (!(await isOpen(connection.client, id))) throw notOpen(id, status);
  return cancelWorkflow(connection, layout, id, 'run');
}

/** Only the server knows: the record of a run just resumed still tells how it ended before. */
export function notOpen(id: string, status: RunStatusName): CounterflowError {
  return status === 'running'
    ? new CounterflowError(
        exitCodes.failed,
        `The server has no open workflow for ${id}: nothing works on it, there is nothing to cancel.`,
      )
    : new CounterflowError(exitCodes.badInput, `Expected a run that has not ended; ${id} is ${status}.`);
}
