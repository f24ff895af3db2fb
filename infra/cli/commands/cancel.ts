import type { Command } from 'commander';
import { invocation } from '../../base/invocation.ts';
import { Counterflow } from '../../client/client.ts';
import { cancelledText } from '../../client/runs/cancel-run.ts';
import type { ServerFlags } from '../../temporal/choose-server.ts';
import { addServerOptions, jsonOption, outOption } from '../arguments/options.ts';
import { say } from '../attend/say.ts';

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
  const counterflow = await Counterflow.connect({ ...flags, runs: out, say });
  try {
    const run = await counterflow.run(name);
    const why = await run.cancel();
    process.stdout.write(
      json ? `${JSON.stringify({ run: run.id, status: 'cancelled' })}\n` : `${cancelledText(run.id, why)}\n`,
    );
  } finally {
    await counterflow.close();
  }
}
