/** `counterflow report` as a process: the table, JSON, CSV and page of a sweep, and what it refuses. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import type { ReportedSweep, SweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { begunSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { resolveSweep } from '../../../infra/client/sweeps/resolve-sweep.ts';
import { run, type Ended } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sweptFolder } from '../../support/swept-folder.ts';

const out = temporaryFolder('report');
const page = join(out, 'sweep.html');
const report = (...args: string[]): Promise<Ended> => run(['report', ...args, '--out', out]);
let record: ReportedSweep;

/** As an earlier version recorded it: the luckiest seed is the best. */
function overSeeds(): ReportedSweep {
  const trials = [
    [1, 1, 1],
    [1, 2, 3],
    [0, 1, 0.5],
    [0, 2, 6],
  ].map(([lambda, seed, value], trial) => ({
    trial,
    runId: `seeds-${trial}`,
    values: { 'contrast.lambda': lambda!, seed: seed! },
    rungs: [{ rung: 0, until: null, status: 'completed', value: value!, seconds: 1, failure: null }],
  }));
  const swept: ReportedSweep = {
    sweep: {
      ...record.sweep,
      id: 'seeds',
      parameters: {
        'contrast.lambda': { kind: 'choice', values: [1, 0] },
        seed: { kind: 'int', min: 1, max: 2, points: null },
      },
      sampler: { kind: 'grid' },
      halving: null,
      trials: 4,
      base: { experiment: 'spiral', command: 'counterflow run spiral' },
    },
    status: 'completed',
    trials,
    best: {
      trial: 2,
      runId: 'seeds-2',
      rung: 0,
      value: 0.5,
      command: 'counterflow run spiral --set contrast.lambda=0 --set seed=1',
    },
  };
  mkdirSync(join(out, 'seeds'), { recursive: true });
  writeFileSync(join(out, 'seeds', 'sweep.json'), sweepText(swept as SweepRecord));
  return swept;
}

before(() => {
  record = sweptFolder(out, 'rates');
  mkdirSync(join(out, 'broken'));
  writeFileSync(join(out, 'broken', 'sweep.json'), '{');
});

describe('report', { concurrency: 2 }, () => {
  test('prints the trials from the best on, what decided, and the best with its exact command', async () => {
    const { code, stdout, stderr } = await report('rates');
    assert.equal(code, exitCodes.ok, stderr);
    const trials = [...stdout.matchAll(/^ +\d+ .* rates-(\d+)$/gm)].map(([, trial]) => Number(trial));
    assert.equal(trials.length, 24);
    assert.deepEqual([trials[0], trials.at(-1)], [record.best!.trial, 5]);
    assert.match(
      stdout,
      /Importance\n.*on 23 trials at the lowest rung.*\n {2}contrast\.ebm\.learningRate +\d+ %/,
    );
    assert(stdout.endsWith(`\n${record.best!.command}\n`));
  });

  test('prints JSON and CSV', async () => {
    const { trials, importance, best } = JSON.parse((await report('rates', '--json')).stdout) as SweepResult;
    assert.deepEqual(trials[0]!.values, record.trials[trials[0]!.trial]!.values);
    assert.deepEqual(
      [best!.runId, importance.parameters[0]!.name],
      [trials[0]!.runId, 'contrast.ebm.learningRate'],
    );
    assert.deepEqual(trials.at(-1)!.failure, 'It diverged.');
    const rows = (await report('rates', '--csv')).stdout.trim().split('\n');
    assert.equal(
      rows[0],
      'trial,run,status,rung,objective,seconds,contrast.ebm.learningRate,contrast.turn.threshold,models.flow.couplings,contrast.objective',
    );
    assert.equal(rows.length, 25);
  });

  test('writes one page with parallel coordinates, the curves of the trials and the command', async () => {
    const { code, stderr } = await report('rates', '--html', page);
    assert.equal(code, exitCodes.ok, stderr);
    const source = readFileSync(page, 'utf8');
    const { document } = parseHTML(source);
    assert.equal(document.querySelectorAll('#coordinates [aria-label="line"] path').length, 23);
    assert.equal(document.querySelectorAll('#trials tbody tr').length, 24);
    assert.equal(document.querySelector('pre code')!.textContent, record.best!.command);
    const chart = document.querySelector('#curves-contrast svg[role=img]')!.getAttribute('aria-label')!;
    assert.equal(chart.match(/trial \d+ from/g)!.length, 23);
    assert.deepEqual([...document.querySelectorAll('script, link')].length, 0);
    assert.match(source, /Content-Security-Policy" content="default-src 'none'/);
  });

  test('writes the means over seeds as CSV, and refuses that of a sweep that has none', async () => {
    const csv = join(out, 'configurations.csv');
    const refused = await report('rates', '--configurations-csv', csv);
    assert.equal(refused.code, exitCodes.badInput);
    assert.match(
      refused.stderr,
      /Expected a sweep over seeds with --configurations-csv, but rates has no seed among its parameters/,
    );
    assert.equal(existsSync(csv), false);
    const seeded = overSeeds();
    const { code, stdout, stderr } = await report('seeds', '--configurations-csv', csv);
    assert.equal(code, exitCodes.ok, stderr);
    assert.deepEqual(
      readFileSync(csv, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(',').slice(0, 4)),
      [
        ['contrast.lambda', 'seeds', 'n', 'mean'],
        ['1', '1 2', '2', '2'],
        ['0', '1 2', '2', '3.25'],
      ],
    );
    assert.match(
      stdout,
      /Best configuration: mse\.ebmFce 2, mean of 2 seeds, deviation 1\.414\n {2}counterflow run spiral --set contrast\.lambda=1\n/,
    );
    assert.notEqual(
      seeded.best!.value,
      2,
      'the record is of an earlier version, and names the luckiest seed',
    );
  });

  test('says where there is none', async () =>
    assert.match(
      (await run(['report', 'rates', '--out', temporaryFolder('no-sweeps')])).stderr,
      /there is none\. `counterflow sweep FILE` starts one/,
    ));

  test('finds the latest', async () => {
    const folder = join(out, 'begun');
    const begun = await resolveSweep(
      fileURLToPath(new URL('../../../workflows/experiments/sweeps/eight-gaussians.yaml', import.meta.url)),
      {},
    );
    mkdirSync(join(folder, begun.id), { recursive: true });
    writeFileSync(join(folder, begun.id, 'sweep.json'), sweepText(begunSweep(begun, { address: null })));
    const { code, stdout, stderr } = await run(['report', 'latest', '--json', '--out', folder]);
    assert.equal(code, exitCodes.ok, stderr);
    assert.equal((JSON.parse(stdout) as SweepResult).sweep, begun.id);
  });

  test('says in every form that no trial has ended yet, and what to do', async () => {
    const folder = join(out, 'empty');
    const begun = await resolveSweep(
      fileURLToPath(
        new URL('../../../workflows/experiments/sweeps/eight-gaussians-seeds.yaml', import.meta.url),
      ),
      {},
    );
    mkdirSync(join(folder, begun.id), { recursive: true });
    const leave = (status: SweepRecord['status']): void =>
      writeFileSync(
        join(folder, begun.id, 'sweep.json'),
        sweepText({ ...begunSweep(begun, { address: null }), status }),
      );
    leave('running');
    const [html, csv] = [join(folder, 'empty.html'), join(folder, 'empty.csv')];
    const asked = (...args: string[]): Promise<Ended> => run([...args, '--out', folder]);
    const sentence =
      `No trial of ${begun.id} has ended yet: there is nothing to report so far. Nobody works on it: `
      + `\`counterflow sweep resume ${begun.id}\` goes on with it; \`counterflow sweep list\` names the `
      + 'others.';
    assert.equal(
      (await asked('report', 'latest', '--html', html, '--configurations-csv', csv)).stdout,
      `${begun.id}  eight-gaussians, running, idle, 0 of 10 trials, minimise mse.ebmFce\n\n${sentence}\n`,
    );
    const { document } = parseHTML(readFileSync(html, 'utf8'));
    assert.match(document.querySelector('.notice')!.textContent!, /^No trial has ended yet/);
    assert.deepEqual(
      [...document.querySelectorAll('h2')].map(({ textContent }) => textContent),
      ['The sweep'],
    );
    assert.match(readFileSync(csv, 'utf8'), /^contrast\.turn\.ebm,seeds,/);
    for (const form of ['--csv', '--json'])
      assert.equal((await asked('report', 'latest', form)).stderr, `${sentence}\n`);
    assert.equal(
      (await asked('report', 'latest', '--csv')).stdout,
      'trial,run,status,rung,objective,seconds,contrast.turn.ebm,seed\n',
    );
    assert.match(
      (await asked('sweep', 'show', 'latest')).stdout,
      /\n\nNo trial has ended yet\.\n\nNobody works on this sweep: `counterflow sweep resume .*` goes on where it was\.\n$/,
    );
    assert.match(
      (await asked('sweep', 'list')).stdout,
      /\n\nNobody works on one sweep marked idle: `counterflow sweep resume SWEEP` goes on\.\n$/,
    );
    leave('cancelled');
    assert.match(
      (await asked('report', 'latest')).stdout,
      /\nNo trial of .* has ended: there is nothing to report\. `counterflow sweep resume .*` goes on with it; /,
    );
  });

  test('refuses what is no sweep', async () => {
    for (const [name, code, sentence] of [
      ['rated', exitCodes.badInput, /Expected the id of a sweep in .*; got "rated"; did you mean rates\?/],
      ['broken', exitCodes.failed, /broken\/sweep\.json as it was written/],
    ] as const) {
      const ended = await report(name);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, sentence);
    }
  });
});
