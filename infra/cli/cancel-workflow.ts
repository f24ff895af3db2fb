/** Cancels a run or a sweep and waits until everything that worked on it has stopped. */
import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Layout } from '../layout.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import { explainEnd } from './explain-end.ts';
import type { Ground } from './ground.ts';
import { superviseWorker } from './worker-supervisor.ts';

type Kind = Parameters<typeof explainEnd>[2];

/** A worker that lives stops its compute processes sooner than this. */
const workersAnswerWithinMs = 10_000;

/** Throws CliError where it ended otherwise. */
export async function cancelWorkflow(ground: Ground, layout: Layout, id: string, kind: Kind): Promise<void> {
  await ground.client.workflow.getHandle(id).cancel();
  await untilCancelled(ground, layout, id, kind);
}

/** Where no worker takes the cancellation, one of our own does. */
async function untilCancelled(ground: Ground, layout: Layout, id: string, kind: Kind): Promise<void> {
  const end = endOf(ground.client, id, kind);
  const taken = await Promise.race([end.then(() => true), setTimeout(workersAnswerWithinMs, false, { ref: false })]);
  if (taken) return;
  const worker = superviseWorker(layout, ground.server, line => process.stderr.write(`${line}\n`));
  try {
    await end;
  } finally {
    await worker.stop();
  }
}

async function endOf(client: Client, id: string, kind: Kind): Promise<void> {
  const ended = await client.workflow.getHandle(id).result().then(() => null, (error: unknown) => explainEnd(id, error, kind));
  if (ended === null) throw new CliError(exitCodes.failed, `${id} was completed before it could be cancelled.`);
  if (!(ended instanceof CliError && ended.exitCode === exitCodes.cancelled)) throw ended;
}
