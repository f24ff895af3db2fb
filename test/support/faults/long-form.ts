/** The long form of the fault tests: `npm run test:faults [-- --trials N] [ROW ...]`. Rows run one after
 *  another; interrupted, the next call goes on with the trials that have not passed. Prints the table and
 *  writes it to test/faults/RESULTS.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { inCheckout } from '../../../infra/setup/checkout.mjs';
import { Tally } from '../../../infra/test-runner/tally.ts';
import { longFormVariable, readLog, type LongForm } from './fault-row.ts';
import { renderResults, resultLine, type Tested } from './results-table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { trials: { type: 'string' } },
});
const trials = values.trials === undefined ? null : Number(values.trials);
if (trials !== null && !(Number.isInteger(trials) && trials > 0))
  throw new Error(`--trials should be a whole number from 1, got ${values.trials}.`);

const folder = inCheckout('test', 'faults');
const progress = join(folder, '.progress');
const results = join(folder, 'RESULTS.md');
const rows = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => basename(name, '.test.ts'))
  .sort();
const unknown = positionals.find((name) => !rows.includes(name));
if (unknown !== undefined) throw new Error(`No row is called ${unknown}. There are: ${rows.join(', ')}.`);

const commit = testedCommit();
mkdirSync(progress, { recursive: true });
forgetOtherCommits();
let allHeld = true;
for (const row of positionals.length > 0 ? positionals : rows) allHeld = (await runRow(row)) && allHeld;
console.log(`\n${readFileSync(results, 'utf8')}`);
process.exitCode = allHeld ? 0 : 1;

/** The last one that changed more than the results. */
function testedCommit(): string {
  const git = (...words: string[]): string =>
    execFileSync('git', [...words, '--', '.', ':!test/faults/RESULTS.md'], {
      cwd: inCheckout(),
      encoding: 'utf8',
    }).trim();
  return git('log', '-1', '--format=%h') + (git('status', '--porcelain') === '' ? '' : ' with changes');
}

/** Trials of other code say nothing of this one. */
function forgetOtherCommits(): void {
  const file = join(progress, 'commit');
  if (commit.endsWith('changes') || !existsSync(file) || readFileSync(file, 'utf8') !== commit) {
    for (const name of readdirSync(progress)) rmSync(join(progress, name));
  }
  writeFileSync(file, commit);
}

async function runRow(row: string): Promise<boolean> {
  const log = join(progress, `${row}.jsonl`);
  const form: LongForm = { log, trials };
  process.env[longFormVariable] = JSON.stringify(form);
  const tally = new Tally(basename);
  const startedAt = performance.now();
  // no limit for a file: each trial has its own
  for await (const event of run({ files: [join(folder, `${row}.test.ts`)], concurrency: 1 })) {
    for (const line of tally.add(event)) console.log(line);
  }
  const tested: Tested = {
    row,
    commit,
    date: new Date().toISOString().slice(0, 10),
    minutes: (performance.now() - startedAt) / 60_000,
    log: readLog(log),
  };
  const before = existsSync(results) ? readFileSync(results, 'utf8') : '';
  writeFileSync(results, renderResults(before, row, resultLine(tested)));
  return tested.log.every(
    (line) => line.kind === 'row' || line.failure === null || hasPassedLater(tested, line.number),
  );
}

function hasPassedLater({ log }: Tested, number: number): boolean {
  return log.some((line) => line.kind === 'trial' && line.number === number && line.failure === null);
}
