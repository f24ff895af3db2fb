/** A sweep over seeds from its file to its reports: two settings, five seeds each, on one set of points,
 *  really trained. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import type { Comparison } from '../../activities/report/comparison/compare-records.ts';
import type { SweepResult } from '../../activities/report/sweep/sweep-result.ts';
import type { RunRecord } from '../../activities/record/run-record.ts';
import type { SweepRecord } from '../../activities/sweep/contracts.ts';
import { readSweepFile } from '../../infra/client/sweeps/read-sweep-file.ts';
import { run } from '../support/command-line.ts';
import { smallSettings } from '../support/faults/small-run.ts';
import { temporaryFolder } from '../support/folders.ts';
import { noTemporal } from '../support/temporal.ts';

const file = fileURLToPath(
  new URL('../../workflows/experiments/sweeps/eight-gaussians-seeds.yaml', import.meta.url),
);
const out = temporaryFolder('seeds');
const counterflow = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run([...args, '--out', out]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
};
const jsonOf = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(await counterflow(...args, '--json')) as T;

test('the example of a sweep over seeds has five seeds of two settings', async () => {
  const { parameters, sampler, trials } = await readSweepFile(file);
  assert.deepEqual(
    [parameters, sampler.kind, trials],
    [
      {
        'contrast.turn.ebm': { kind: 'choice', values: [5, 3] },
        seed: { kind: 'int', min: 1, max: 5, points: null },
      },
      'grid',
      null,
    ],
  );
});

describe('a sweep over seeds', { skip: noTemporal, concurrency: false, timeout: 850_000 }, () => {
  test(
    'trains every seed of every configuration on the same data, and names the configuration with the '
      + 'best mean',
    async () => {
      const small = smallSettings.flatMap((setting) => ['--set', setting]);
      const stdout = await counterflow('sweep', file, '--no-probe', ...small);
      const { trials, best, status } = await jsonOf<SweepRecord>('sweep', 'show', 'latest');
      const values = (ebm: number): number[] =>
        trials
          .filter((trial) => trial.values['contrast.turn.ebm'] === ebm)
          .map(({ rungs }) => rungs[0]!.value!);
      const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
      const [five, three] = [values(5), values(3)];
      assert.deepEqual([status, five.length, three.length], ['completed', 5, 5]);
      assert.equal(new Set([...five, ...three]).size, 10, 'each seed is another training');
      const winner = mean(five) < mean(three) ? 5 : 3;
      assert.ok(Math.abs(best!.value - Math.min(mean(five), mean(three))) <= 1e-12 * best!.value);
      assert.deepEqual(best!.seeds, [1, 2, 3, 4, 5]);
      assert.ok(best!.command.endsWith(` --set contrast.turn.ebm=${winner}`), best!.command);
      assert.match(stdout, /Best configuration: mse\.ebmFce [\d.,]+, mean of 5 seeds, deviation /);
      const records = trials.map(
        ({ runId }) => JSON.parse(readFileSync(join(out, runId, 'run.json'), 'utf8')) as RunRecord,
      );
      assert.equal(new Set(records.map(({ dataset }) => dataset!.trainSha256)).size, 1);
      assert.equal(new Set(records.map(({ weightsSha256 }) => weightsSha256!.averaged)).size, 10);
      assert.match(records[4]!.dataset!.source, /drawn from its exact density with seed 1/);
    },
  );

  test('is reported by configuration, in the terminal, as JSON and on a page', async () => {
    const page = join(out, 'sweep.html');
    const { configurations, best, importance } = await jsonOf<SweepResult>(
      'report',
      'latest',
      '--html',
      page,
    );
    assert.deepEqual(
      configurations!.map(({ objective, difference, fewer }) => [objective.n, difference?.n, fewer]),
      [
        [5, undefined, false],
        [5, 5, false],
      ],
    );
    assert.ok(
      Math.abs(configurations![1]!.difference!.mean! - (configurations![1]!.objective.mean! - best!.value))
        < 1e-9,
      'the mean of the differences is that of the means',
    );
    assert.deepEqual(
      [importance.parameters.map(({ name }) => name), importance.chance !== null],
      [['contrast.turn.ebm'], true],
    );
    const { document } = parseHTML(readFileSync(page, 'utf8'));
    assert.equal(document.querySelectorAll('#configurations tbody tr').length, 2);
    assert.equal(document.querySelector('pre code')!.textContent, best!.command);
    assert.match(
      await counterflow('report', 'latest'),
      /mse\.ebmFce by configuration, over seeds\n.*\n +[53] +5 .*\n +[53] +5 .* to .*; 5 seeds\)\n/,
    );
  });

  test('has runs that are compared by configuration', async () => {
    const { trials } = await jsonOf<SweepRecord>('sweep', 'show', 'latest');
    const { configurations, differences, notes } = await jsonOf<Comparison>(
      'compare',
      ...trials.map(({ runId }) => runId),
    );
    assert.deepEqual(
      configurations.map(({ seeds }) => seeds),
      [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
      ],
    );
    const report = await jsonOf<SweepResult>('report', 'latest');
    const means = new Set(report.configurations!.map(({ objective }) => objective.mean));
    for (const { results } of configurations)
      assert.ok(means.has(results.find(({ name }) => name === 'mse.ebmFce')!.mean));
    assert.deepEqual([differences.length, differences[0]!.seeds], [1, [1, 2, 3, 4, 5]]);
    assert.deepEqual(
      notes.filter((note) => /data differ/.test(note)),
      [],
    );
  });
});
