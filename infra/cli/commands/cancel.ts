import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { RunStatusName } from '../../../activities/contracts.ts';
import { layoutOf, type Layout } from '../../layout.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { explainEnd } from '../explain-end.ts';
import { openGround, type Ground } from '../ground.ts';
import { addressOption, outOption } from '../options.ts';
import { findRun, readRecord, readRequest } from '../run-files.ts';
import { isOpen } from '../workflow-state.ts';
import { superviseWorker } from '../worker-supervisor.ts';

const examples = `
Examples:
  counterflow cancel latest
  counterflow cancel eight-gaussians-s1-20261123`;

/** A worker that lives stops its compute processes sooner than this. */
const workersAnswerWithinMs = 10_000;

export function addCancelCommand(program: Command): void {
  program.command('cancel')
    .description('Cancel a run and wait until everything that worked on it has stopped.')
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .addOption(outOption())
    .addOption(addressOption())
    .addHelpText('after', examples)
    .action(cancel);
}

async function cancel(name: string, { out, address }: { readonly out: string; readonly address?: string }): Promise<void> {
  const id = await findRun(out, name);
  const status = (await readRecord(out, id))?.status;
  if (status === 'completed') throw notOpen(id, status);
  const given = address ?? (await readRequest(out, id))?.address ?? undefined;
  const ground = await openGround(out, given);
  try {
    if (!await isOpen(ground.client, id)) throw notOpen(id, status);
    await ground.client.workflow.getHandle(id).cancel();
    await untilCancelled(ground, layoutOf(out), id);
    process.stdout.write(`${id} is cancelled.\n`);
  } finally {
    await ground.close();
  }
}

/** Only the server knows: the record of a run just resumed still tells how it ended before. */
function notOpen(id: string, status: RunStatusName | undefined): CliError {
  return status === 'running' || status === undefined
    ? new CliError(exitCodes.failed, `The server has no open workflow for ${id}: nothing works on it, there is nothing to cancel.`)
    : new CliError(exitCodes.badInput, `Expected a run that has not ended; ${id} is ${status}.`);
}

/** Where no worker takes the cancellation, one of our own does. */
async function untilCancelled(ground: Ground, layout: Layout, id: string): Promise<void> {
  const end = endOf(ground.client, id);
  const taken = await Promise.race([end.then(() => true), setTimeout(workersAnswerWithinMs, false, { ref: false })]);
  if (taken) return;
  const worker = superviseWorker(layout, ground.address, line => process.stderr.write(`${line}\n`));
  try {
    await end;
  } finally {
    await worker.stop();
  }
}

async function endOf(client: Client, id: string): Promise<void> {
  const ended = await client.workflow.getHandle(id).result().then(() => null, (error: unknown) => explainEnd(id, error));
  if (ended === null) throw new CliError(exitCodes.failed, `${id} was completed before it could be cancelled.`);
  if (!(ended instanceof CliError && ended.exitCode === exitCodes.cancelled)) throw ended;
}
