import type { Command } from 'commander';
import { sweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import { withoutSeed } from '../../../activities/sweep/configurations.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import {
  sweptConfigurationsCsv,
  emptySentence,
  sweepCsv,
  sweepReportLines,
} from '../lines/sweep-report-lines.ts';
import { idleSweeps } from '../../client/sweeps/idle-sweeps.ts';
import { findSweep } from '../../client/records/sweep-records.ts';
import { writeOutput } from '../arguments/write-output.ts';

const help = `
Importance is a main effect by analysis of variance on ranks, measured from 8 trials on; under halving on the lowest rung, where all trials were judged alike.
Where seeds are swept, trials that differ in the seed alone are one configuration: the best is the one with the best mean, and the seed is no setting.

Examples:
  ${invocation} report learning-rates
  ${invocation} report learning-rates --html sweep.html --csv trials.csv
  ${invocation} report learning-rates --json`;

interface Options {
  readonly out: string;
  readonly json?: true;
  readonly csv?: string | true;
  readonly html?: string;
  readonly configurationsCsv?: string;
}

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .description(
      'Report a sweep: its trials, which settings decided, the best with its exact command; over '
        + 'seeds by configuration.',
    )
    .argument('<sweep>', 'id of a sweep, its unambiguous beginning, or latest')
    .option(
      '--html <file>',
      "write one self-contained page, with parallel coordinates and the trials' curves",
    )
    .option('--csv [file]', 'a row for each trial; without a file, in place of the table')
    .option(
      '--configurations-csv <file>',
      'of a sweep over seeds: a row for each configuration with the mean of its seeds',
    )
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(report);
}

async function report(
  name: string,
  { out, json, csv, html, configurationsCsv: bySeeds }: Options,
): Promise<void> {
  if (json && csv === true)
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --json or --csv on standard output, got both; give --csv a file.',
    );
  const record = await findSweep(out, name);
  const result = sweepResult(record);
  if (bySeeds !== undefined && result.configurations === null) {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected a sweep over seeds with --configurations-csv, but ${result.sweep} has no seed among `
        + 'its parameters: leave it out, --csv has the trials.',
    );
  }
  if (html !== undefined)
    await writeOutput(
      html,
      await (await import('../../client/sweeps/sweep-page-of.ts')).sweepPageOf(out, record, result),
    );
  const { parameters } = record.sweep;
  const table = sweepCsv(result, Object.keys(parameters));
  if (typeof csv === 'string') await writeOutput(csv, table);
  if (bySeeds !== undefined)
    await writeOutput(
      bySeeds,
      sweptConfigurationsCsv(result.configurations!, Object.keys(withoutSeed(parameters))),
    );
  const isIdle = (await idleSweeps(out, [record])).has(result.sweep);
  if (csv === true || json) {
    process.stdout.write(csv === true ? table : `${JSON.stringify(result, null, 2)}\n`);
    // beside what programs read
    if (result.trials.length === 0) process.stderr.write(`${emptySentence(result, isIdle)}\n`);
  } else process.stdout.write(`${sweepReportLines(result, isIdle, colors).join('\n')}\n`);
}
