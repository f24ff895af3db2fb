/** `counterflow compare` as a process: table, JSON, CSV and page of recorded runs, and what it refuses. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { budgetsOf } from '../../../activities/report/budgets.ts';
import type { Comparison } from '../../../activities/report/comparison/compare-records.ts';
import { compareRecords } from '../../../activities/report/comparison/compare-records.ts';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { comparisonLines } from '../../../infra/cli/lines/comparison-lines.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { readRecord } from '../../../infra/client/records/run-records.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { run, type Ended } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { recordRunIn } from '../../support/recorded-run.ts';

const out = temporaryFolder('compare');
const page = join(out, 'comparison.html');
const compare = (...args: string[]): Promise<Ended> => run(['compare', ...args, '--out', out]);

before(async () => {
  await recordRunIn(layoutOf(out), 'first-run');
  await recordRunIn(layoutOf(out), 'second-run', { set: ['seed=2', 'contrast.ebm.learningRate=0.002'] });
});

describe('compare', { concurrency: 2 }, () => {
  test('prints a table of what differs, and writes a page', async () => {
    const { code, stdout, stderr } = await compare('first', 'second-run', '--html', page);
    assert.equal(code, exitCodes.ok, stderr);
    assert.match(stdout, /^A {2}first-run +completed {2}seed 1 .*\nB {2}second-run +completed {2}seed 2/);
    assert.match(
      stdout,
      /Configuration: 2 values differ, \d+ are the same\n +A +B\n +seed +1 +2\n +contrast\.ebm\.learningRate +0\.004 +0\.002\n/,
    );
    assert.match(stdout, /Results\n +A +B\n +mse\.ebmFce +0\.5 +0\.5\n/);
    assert.match(stderr, /Wrote .*comparison\.html/);
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>.*contrast\.ebm\.learningRate/s);
  });

  test('prints JSON', async () => {
    const { runs, configuration } = JSON.parse(
      (await compare('first-run', 'second-run', '--json')).stdout,
    ) as Comparison;
    assert.deepEqual(
      runs.map(({ label, id }) => [label, id]),
      [
        ['A', 'first-run'],
        ['B', 'second-run'],
      ],
    );
    assert.deepEqual(configuration[1], {
      name: 'contrast.ebm.learningRate',
      values: { 'first-run': 0.004, 'second-run': 0.002 },
    });
  });

  test('shows what the trainings were given, for programs too, and says where runs differ in it', async () => {
    await recordRunIn(layoutOf(out), 'longer-run', { set: ['contrast.updates=40'] });
    const { stdout } = await compare('first-run', 'longer-run');
    assert.match(
      stdout,
      /\ncontrast was given other budgets: 20 updates of 50 in A; 40 updates of 50 in B\.\n/,
    );
    assert.match(
      stdout,
      /\nBudgets: updates x batch size, time of the updates\n +A +B\n +contrast +20 x 50, 1 s +40 x 50, 1 s\n/,
    );
    const { budgets } = JSON.parse((await compare('first-run', 'longer-run', '--json')).stdout) as Comparison;
    assert.deepEqual(budgets['longer-run'], {
      equal: true,
      sentence: null,
      control: null,
      trainings: [{ training: 'contrast', updates: 40, batchSize: 50, before: null, seconds: 1 }],
    });
    assert.deepEqual(Object.keys(budgets), ['first-run', 'longer-run']);
  });

  test('says of a run whose own trainings were given other budgets what its report says', async () => {
    const one = (await readRecord(out, 'first-run'))!;
    const flowMle = { ...one.config!.contrast, method: 'mle', updates: 30 } as unknown as NonNullable<
      NonNullable<typeof one.config>['baselines']['flowMle']
    >;
    const unequal = {
      ...one,
      id: 'unequal',
      config: { ...one.config!, baselines: { ...one.config!.baselines, flowMle } },
      trainings: { ...one.trainings, 'flow-mle': { ...one.trainings!.contrast!, updates: 30 } },
    };
    const { sentence } = budgetsOf(unequal as unknown as Parameters<typeof budgetsOf>[0])!;
    assert.match(sentence!, /^Budgets differ\. /);
    const { notes } = compareRecords([one, unequal, { ...unequal, id: 'again' }]);
    assert.ok(notes.includes(`B and C: ${sentence}`), notes.join('\n'));
  });

  test('prints CSV, a row for each run, or writes it', async () => {
    const { stdout } = await compare('first-run', 'second-run', '--csv');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(rows[0]!.slice(0, 8), [
      'id',
      'experiment',
      'status',
      'seed',
      'startedAt',
      'config.seed',
      'config.contrast.ebm.learningRate',
      'results.mse.ebmFce',
    ]);
    assert.deepEqual(
      rows.slice(1).map((row) => [row[0], ...row.slice(5, 8)]),
      [
        ['first-run', '1', '0.004', '0.5'],
        ['second-run', '2', '0.002', '0.5'],
      ],
    );
    const file = join(out, 'comparison.csv');
    await compare('first-run', 'second-run', '--csv', file);
    assert.equal(readFileSync(file, 'utf8'), stdout);
  });

  const refused: readonly (readonly [what: string, args: readonly string[], sentence: RegExp])[] = [
    ['one run alone', ['first-run', 'first'], /Expected two runs or more to compare, got first-run alone/],
    ['a run that is none', ['first-run', 'secnd-run'], /got "secnd-run"; did you mean second-run\?/],
    [
      'a run where a file should be',
      ['--csv', 'first-run', 'second-run', 'latest'],
      /Expected --csv to name a file, got the run first-run; put --csv behind the runs/,
    ],
    [
      'a page that cannot be written',
      ['first-run', 'second-run', '--html', '/nowhere/page.html'],
      /Expected a file that can be written, got "\/nowhere\/page\.html"/,
    ],
  ];
  for (const [what, args, sentence] of refused) {
    test(`refuses ${what}`, async () => {
      const { code, stdout, stderr } = await compare(...args);
      assert.equal(code, exitCodes.badInput, stderr);
      assert.match(stderr, sentence);
      assert.equal(stdout, '');
      assert(!existsSync('first-run'));
    });
  }
});

test('more runs than fit beside one another are printed in groups, no line wider than the terminal', async () => {
  const one = (await readRecord(out, 'first-run'))!;
  const records = Array.from({ length: 30 }, (_, index) => ({
    ...one,
    id: `run-${index}`,
    config: { ...one.config!, seed: index },
    status: 'completed' as const,
  }));
  const lines = comparisonLines(compareRecords(records), 80, colorsFor({}));
  for (const line of lines) assert(line.length <= 80, line);
  const labels = lines.filter((line) => /^ +[A-Z]/.test(line)).flatMap((line) => line.trim().split(/ +/));
  assert(
    ['A', 'Z', 'AA', 'AD'].every((label) => labels.includes(label)),
    labels.join(' '),
  );
});
