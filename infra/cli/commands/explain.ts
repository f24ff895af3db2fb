import type { Command } from 'commander';
import { colors } from '../lines/colors.ts';
import { explainLines } from '../lines/explain-lines.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { lineageOf } from '../../client/runs/lineage-of.ts';

const help = `
A step is found again where all that its key is made of is the same: what was asked for, its inputs by their hashes, the code it reaches,
versions, device and threads. Of a step that was computed, the remembered output most like it is shown with what differs.

Examples:
  ${invocation} explain latest
  ${invocation} explain eight-gaussians-s1-20261123 --json`;

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description(
      'Say for each step of a run why it was computed or reused, from which inputs and in which code.',
    )
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(explain);
}

async function explain(
  name: string,
  { out, json }: { readonly out: string; readonly json?: true },
): Promise<void> {
  const lineage = await lineageOf(out, name);
  process.stdout.write(
    json ? `${JSON.stringify(lineage, null, 2)}\n` : `${explainLines(lineage, colors).join('\n')}\n`,
  );
}
