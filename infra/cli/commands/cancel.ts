import type { Command } from 'commander';
import type { RunStatusName } from '../../../activities/contracts/names.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { layoutOf } from '../../store/layout.ts';
import { cancelledText, cancelWorkflow } from '../../client/runs/cancel-run.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { openConnection } from '../../client/server/server-connection.ts';
import { invocation } from '../../base/invocation.ts';
import { addServerOptions, jsonOption, outOption } from '../arguments/options.ts';
import { findRun, readRecord, readRequest } from '../../client/records/run-records.ts';
import { isOpen } from '../../client/server/workflow-state.ts';

const examples = `
Examples:
  ${invocation} cancel latest
  ${invocation} cancel eight-gaussians-s1-20261123`;

export function addCancelCommand(program: Command): void {
  addServerOptions(
    program
      .command('cancel')
      .description('Cancel a run and wait until everything that worked on it has stopped.')
      .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
      .addOption(outOption()),
  )
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(cancel);
}

async function cancel(
  name: string,
  { out, json, ...flags }: ServerFlags & { readonly out: string; readonly json?: true },
): Promise<void> {
  const id = await findRun(out, name);
  const status = (await readRecord(out, id))?.status;
  if (status === 'completed') throw notOpen(id, status);
  const connection = await openConnection(out, flags, await readRequest(out, id));
  try {
    if (!(await isOpen(connection.client, id))) throw notOpen(id, status);
    const why = await cancelWorkflow(connection, layoutOf(out), id, 'run');
    process.stdout.write(
      json ? `${JSON.stringify({ run: id, status: 'cancelled' })}\n` : `${cancelledText(id, why)}\n`,
    );
  } finally {
    await connection.close();
  }
}

/** Only the server knows: the record of a run just resumed still tells how it ended before. */
function notOpen(id: string, status: RunStatusName | undefined): CounterflowError {
  return status === 'running' || status === undefined
    ? new CounterflowError(
        exitCodes.failed,
        `The server has no open workflow for ${id}: nothing works on it, there is nothing to cancel.`,
      )
    : new CounterflowError(exitCodes.badInput, `Expected a run that has not ended; ${id} is ${status}.`);
}
