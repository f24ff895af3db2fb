import type { Command } from 'commander';
import { graphOf } from '../../lineage/graph.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { lineageLines, mermaidLines } from '../lines/lineage-lines.ts';
import { lineageOf } from '../../client/runs/lineage-of.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { writeOutput } from '../arguments/write-output.ts';

const examples = `
Examples:
  ${invocation} lineage latest
  ${invocation} lineage latest --html lineage.html
  ${invocation} lineage latest --mermaid > lineage.mmd`;

interface Options {
  readonly out: string;
  readonly json?: true;
  readonly mermaid?: true;
  readonly html?: string;
}

export function addLineageCommand(program: Command): void {
  program
    .command('lineage')
    .description(
      'Draw what a run was made of: its steps and what each was given, with the runs they were reused from.',
    )
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .option('--html <file>', "write one self-contained page, with every step's reason, inputs and code")
    .option('--mermaid', "print a flowchart in Mermaid's language")
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(lineage);
}

async function lineage(name: string, { out, json, mermaid, html }: Options): Promise<void> {
  if (json && mermaid)
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --json or --mermaid on standard output, got both.',
    );
  const found = await lineageOf(out, name);
  if (html !== undefined)
    await writeOutput(html, (await import('../../lineage/render-lineage.ts')).renderLineage(found));
  const lines = json
    ? [JSON.stringify({ ...graphOf(found), lineage: found }, null, 2)]
    : mermaid
      ? mermaidLines(found)
      : lineageLines(found, colors);
  process.stdout.write(`${lines.join('\n')}\n`);
}
