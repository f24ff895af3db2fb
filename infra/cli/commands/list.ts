import type { Command } from 'commander';
import { colors } from '../lines/colors.ts';
import { columns } from '../lines/columns.ts';
import { localTime } from '../../base/format.ts';
import { headlineText } from '../../client/runs/headline-text.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { listRuns } from '../../client/records/run-records.ts';
import { idleRuns, nowOf } from '../../client/runs/idle-runs.ts';
import { statusText } from '../lines/status-text.ts';

const examples = `
Examples:
  ${invocation} list
  ${invocation} list --json
  ${invocation} list --out /data/runs`;

export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('List the runs, newest first.')
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(list);
}

async function list({ out, json }: { readonly out: string; readonly json?: true }): Promise<void> {
  const listed = await listRuns(out);
  if (json) return print([JSON.stringify(listed, null, 2)]);
  if (listed.length === 0)
    return print([`No runs in ${out} yet. \`${invocation} run eight-gaussians\` makes one.`]);
  const idle = await idleRuns(out, listed);
  const runs = await nowOf(out, listed);
  const rows = runs.map((run) => [
    run.id,
    run.experiment,
    statusText(run.status, idle.has(run.id), colors, run.paused !== undefined),
    run.headline ? headlineText(run.headline, run.until) : '-',
    String(run.seed),
    localTime(run.startedAt),
  ]);
  print(
    columns([['run', 'experiment', 'status', 'result', 'seed', 'started'].map(colors.dim), ...rows], [4]),
  );
  if (idle.size > 0)
    print([
      '',
      `Nobody works on ${idle.size === 1 ? 'one run' : `${idle.size} runs`} marked idle: `
        + `\`${invocation} resume RUN\` goes on.`,
    ]);
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
