import type { Command } from 'commander';
import { keptFiles } from '../../gc/kept-files.ts';
import { runFolder, layoutOf } from '../../store/layout.ts';
import { colors } from '../lines/colors.ts';
import { idleRuns } from '../../client/runs/idle-runs.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { pausedIn } from '../../client/records/paused-in.ts';
import { recordLines } from '../lines/record-lines.ts';
import { findRun, readRecord } from '../../client/records/run-records.ts';

const examples = `
Examples:
  ${invocation} show latest
  ${invocation} show eight-gaussians-s1-20261123 --json`;

export function addShowCommand(program: Command): void {
  program
    .command('show')
    .description(
      'Show what is known of a run: status, times, results, decisions, and what of it is kept on the disk.',
    )
    .argument('<run>', 'id of a run, its unambiguous beginning, or latest')
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(show);
}

async function show(
  name: string,
  { out, json }: { readonly out: string; readonly json?: true },
): Promise<void> {
  const id = await findRun(out, name);
  const found = (await readRecord(out, id))!;
  const idle = found.status === 'running' && !json && (await idleRuns(out, [found])).has(id);
  const record = idle || found.status !== 'running' ? found : (await readRecord(out, id))!;
  const layout = layoutOf(out);
  const kept = await keptFiles(layout, record);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...record, kept }, null, 2)}\n`);
    return;
  }
  const paused = pausedIn(record);
  const hint = [
    ...(idle ? [`Nobody works on this run: \`${invocation} resume ${id}\` goes on where it was.`] : []),
    ...paused.map(
      (training) =>
        `${training} is paused: \`${invocation} tell ${id} resume --training ${training}\` lets it go on.`,
    ),
  ];
  process.stdout.write(
    `${[...recordLines(record, runFolder(layout, id), idle, colors, kept), ...(hint.length > 0 ? [''] : []), ...hint].join('\n')}\n`,
  );
}
