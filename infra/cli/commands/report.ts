import type { Command } from 'commander';
import { sweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import { CliError } from '../cli-error.ts';
import { colors } from '../colors.ts';
import { exitCodes } from '../exit-codes.ts';
import { invocation } from '../invocation.ts';
import { jsonOption, outOption } from '../options.ts';
import { sweepCsv, sweepLines } from '../report/sweep-lines.ts';
import { findSweep } from '../sweep/sweep-files.ts';
import { writeOutput } from '../write-output.ts';

const help = `
Importance is a main effect by analysis of variance on ranks, measured from 8 trials on; under halving on the lowest rung, where all trials were judged alike.

Examples:
  ${invocation} report learning-rates
  ${invocation} report learning-rates --html sweep.html --csv trials.csv
  ${invocation} report learning-rates --json`;

interface Options {
  readonly out: string;
  readonly json?: true;
  readonly csv?: string | true;
  readonly html?: string;
}

export function addReportCommand(program: Command): void {
  program.command('report')
    .description('Report a sweep: its trials, which settings decided, the best trial with its exact command.')
    .argument('<sweep>', 'id of a sweep, its unambiguous beginning, or latest')
    .option('--html <file>', 'write one self-contained page, with parallel coordinates and the trials\' curves')
    .option('--csv [file]', 'a row for each trial; without a file, in place of the table')
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(report);
}

async function report(name: string, { out, json, csv, html }: Options): Promise<void> {
  if (json && csv === true) throw new CliError(exitCodes.badInput, 'Expected --json or --csv on standard output, got both; give --csv a file.');
  const record = await findSweep(out, name);
  const result = sweepResult(record);
  if (html !== undefined) await writeOutput(html, await (await import('../report/sweep-page-of.ts')).sweepPageOf(out, record, result));
  if (typeof csv === 'string') await writeOutput(csv, sweepCsv(result));
  process.stdout.write(csv === true ? sweepCsv(result) : json ? `${JSON.stringify(result, null, 2)}\n` : `${sweepLines(result, colors).join('\n')}\n`);
}
