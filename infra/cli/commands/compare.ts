import type { Command } from 'commander';
import { compareRecords, type Comparison } from '../../../activities/report/comparison/compare-records.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { colors } from '../lines/colors.ts';
import { comparisonLines } from '../lines/comparison-lines.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { invocation } from '../../base/invocation.ts';
import { jsonOption, outOption } from '../arguments/options.ts';
import { findRun, listRuns, readMetrics, readRecord } from '../../client/records/run-records.ts';
import { writeOutput } from '../arguments/write-output.ts';

const help = `
Runs that differ in the seed alone are one configuration: mean, deviation and interval of each result over its seeds, and what lies between configurations, seed by seed, on the same data.
What a run does not have is left open (-). Runs of different experiments are compared in what they share, and it is said what they do not.

Examples:
  ${invocation} compare eight-gaussians-s1-20261123 latest
  ${invocation} compare A B C --html comparison.html
  ${invocation} compare A B --csv > comparison.csv
  ${invocation} compare A B --csv comparison.csv --json`;

interface Options {
  readonly out: string;
  readonly json?: true;
  readonly csv?: string | true;
  readonly html?: string;
  readonly configurationsCsv?: string;
}

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description(
      'Compare runs: what differs in their configurations, results side by side, means over seeds, '
        + 'curves overlaid.',
    )
    .argument('<run...>', 'ids of two runs or more, their unambiguous beginnings, or latest')
    .option('--html <file>', 'write one self-contained page, with the curves overlaid')
    .option('--csv [file]', 'a row for each run; without a file, in place of the table')
    .option(
      '--configurations-csv <file>',
      'of several runs of one configuration: a row for each result with the mean of its seeds',
    )
    .addOption(outOption())
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(compare);
}

async function compare(
  names: readonly string[],
  { out, json, csv, html, configurationsCsv: bySeeds }: Options,
): Promise<void> {
  const ids = [...new Set(await Promise.all(names.map((name) => findRun(out, name))))];
  if (typeof csv === 'string') await refuseRun(out, csv);
  if (ids.length < 2)
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected two runs or more to compare, got ${ids.length === 1 ? `${ids[0]} alone` : 'none'}; `
        + `\`${invocation} list\` lists them.`,
    );
  if (json && csv === true)
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected --json or --csv on standard output, got both; give --csv a file.',
    );
  const records = await Promise.all(ids.map(async (id) => (await readRecord(out, id))!));
  const comparison = compareRecords(records);
  if (bySeeds !== undefined && comparison.configurations.length === 0) {
    throw new CounterflowError(
      exitCodes.badInput,
      'Expected runs of one configuration and several seeds with --configurations-csv, got none that '
        + 'differ in the seed alone: leave it out, --csv has the runs.',
    );
  }
  if (html !== undefined) await writeOutput(html, await pageOf(out, comparison));
  if (typeof csv === 'string') await writeOutput(csv, await csvText(comparison));
  if (bySeeds !== undefined)
    await writeOutput(bySeeds, (await import('../lines/csv-of.ts')).configurationsCsv(comparison));
  process.stdout.write(await printed(comparison, json === true, csv === true));
}

async function printed(comparison: Comparison, json: boolean, csv: boolean): Promise<string> {
  if (csv) return csvText(comparison);
  if (json) return `${JSON.stringify(comparison, null, 2)}\n`;
  const width = process.stdout.isTTY ? process.stdout.columns : Infinity;
  return `${comparisonLines(comparison, width, colors).join('\n')}\n`;
}

/** Loaded only where they are asked for: the drawing takes as long to load as the rest together. */
async function pageOf(out: string, comparison: Comparison): Promise<string> {
  const { renderComparison } = await import('../../../activities/report/comparison/render-comparison.ts');
  const metrics = new Map(
    await Promise.all(comparison.runs.map(async ({ id }) => [id, await readMetrics(out, id)] as const)),
  );
  return renderComparison(comparison, metrics);
}

const csvText = async (comparison: Comparison): Promise<string> =>
  (await import('../lines/csv-of.ts')).csvOf(comparison);

/** `compare --csv A B` would write the table into a file called A. */
async function refuseRun(out: string, csv: string): Promise<void> {
  if ((await listRuns(out)).some(({ id }) => id === csv))
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --csv to name a file, got the run ${csv}; put --csv behind the runs.`,
    );
}
