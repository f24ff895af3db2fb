import { createInterface } from 'node:readline/promises';
import { Option, type Command } from 'commander';
import { planRemoval } from '../../gc/plan.ts';
import { RefusedError } from '../../gc/refused.ts';
import { removePlanned, type Removal } from '../../gc/remove.ts';
import { layoutOf } from '../../store/layout.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { planLines, planSummary } from '../lines/plan-lines.ts';
import { readDuration } from '../../client/schedules/times.ts';

const help = `
A run that was completed needs what its record names: its files, and the artifacts of every step. One that is running, failed or was cancelled needs
whatever \`resume\` could find of it, so nothing of it goes. What belonged to runs whose folders were removed goes, unless --keep-cache leaves it for runs to come.
Runs may go on meanwhile. Nothing goes while a run's record cannot be read.

Examples:
  ${invocation} gc                          only lists
  ${invocation} gc --yes --older-than 2d
  ${invocation} gc --keep-cache --json`;

interface Options {
  readonly out: string;
  readonly yes?: true;
  readonly keepCache?: true;
  readonly olderThan: number;
  readonly json?: true;
}

const hour = 3_600_000;

export function addGcCommand(program: Command): void {
  program
    .command('gc')
    .description('List what no run needs, and remove it after a yes.')
    .option('--yes', 'remove what is listed; without it a terminal is asked, and anything else only told')
    .option(
      '--keep-cache',
      'leave outputs of steps that a later run with the same configuration would find again',
    )
    .addOption(
      new Option(
        '--older-than <time>',
        'leave what is younger; temporary files are left for three days at least',
      )
        .argParser(readDuration)
        .default(hour, '1h'),
    )
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(gc);
}

async function gc({ out, yes, keepCache, olderThan, json }: Options): Promise<void> {
  const layout = layoutOf(out);
  try {
    const plan = await planRemoval(layout, { olderThan, keepCache: keepCache === true });
    if (!json) print(planLines(plan, colors));
    const removal =
      plan.remove.length > 0 && (yes ?? (!json && (await answeredYes())))
        ? await removePlanned(layout, plan)
        : null;
    if (json)
      print([
        JSON.stringify(
          { ...planSummary(plan), removed: removal && removal.removed, left: removal && removal.left },
          null,
          2,
        ),
      ]);
    else if (removal) print(removalLines(removal));
    else if (plan.remove.length > 0) print(['Nothing was removed; `--yes` removes it.']);
  } catch (error) {
    throw error instanceof RefusedError ? new CounterflowError(exitCodes.failed, error.message) : error;
  }
}

async function answeredYes(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('Remove it? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

function removalLines({ removed, left }: Removal): string[] {
  const bytes = removed.reduce((sum, item) => sum + item.bytes, 0);
  return [
    `Removed ${removed.length} files, ${bytes.toLocaleString('en-US')} `
      + `bytes${left.length > 0 ? `; left ${left.length} that came into use or changed meanwhile` : ''}.`,
  ];
}

const print = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
