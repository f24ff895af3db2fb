import type { Command } from 'commander';
import type { RunRequest } from '../../../activities/contracts.ts';
import { layoutOf } from '../../layout.ts';
import { attend } from '../attend.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { openGround, type Ground } from '../ground.ts';
import { addressOption, outOption } from '../options.ts';
import { printEnd } from '../print-end.ts';
import { findRun, readRecord, readRequest } from '../run-files.ts';
import { startWorkflow } from '../start-workflow.ts';
import { isOpen } from '../workflow-state.ts';

const examples = `
Examples:
  counterflow resume latest
  counterflow resume eight-gaussians-s1-20261123 --repair
  counterflow resume eight-gaussians-s1-20261123`;

export function addResumeCommand(program: Command): void {
  program.command('resume')
    .description('Go on with a run that was interrupted, failed or cancelled, from its last artifacts.')
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .option('--repair', 'also where it was completed: what `verify` calls missing or damaged is computed anew, its files are written again')
    .addOption(outOption())
    .addOption(addressOption())
    .addHelpText('after', examples)
    .action(resume);
}

async function resume(name: string, { out, address, repair }: { readonly out: string; readonly address?: string; readonly repair?: true }): Promise<void> {
  const id = await findRun(out, name);
  if (repair || (await readRecord(out, id))?.status !== 'completed') await goOn(out, id, address);
  await printEnd(out, id);
}

async function goOn(out: string, id: string, address: string | undefined): Promise<void> {
  const stored = await readRequest(out, id);
  if (!stored) throw new CliError(exitCodes.failed, `Expected request.json in the folder of ${id}, found none; start the run again.`);
  const ground = await openGround(out, address ?? stored.address ?? undefined);
  try {
    const sentence = await reopen(ground, stored.request);
    process.stdout.write(`${sentence}\n`);
    await attend(ground, layoutOf(out), id);
  } finally {
    await ground.close();
  }
}

/** An open workflow goes on as soon as it has a worker; else a new execution finds the artifacts of the old one. */
async function reopen({ client }: Ground, request: RunRequest): Promise<string> {
  if (await isOpen(client, request.runId)) return `${request.runId} goes on.`;
  await startWorkflow(client, { ...request, resumedAt: new Date().toISOString() });
  return `${request.runId} starts again from its artifacts.`;
}
