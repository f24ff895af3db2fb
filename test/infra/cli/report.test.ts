/** `counterflow report` as a process: the table, JSON, CSV and page of a sweep, and what it refuses. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import type { ReportedSweep, SweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import { begunSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import { exitCodes } from '../../../infra/cli/exit-codes.ts';
import { resolveSweep } from '../../../infra/cli/sweep/resolve-sweep.ts';
import { run, type Ended } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { sweptFolder } from '../../support/swept-folder.ts';

const out = temporaryFolder('report');
const page = join(out, 'sweep.html');
const report = (...args: string[]): Promise<Ended> => run(['report', ...args, '--out', out]);
let record: ReportedSweep;

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
    assert.match(stdout, /Importance\n.*on 23 trials at the lowest rung.*\n {2}contrast\.ebm\.learningRate +\d+ %/);
    assert(stdout.endsWith(`\n${record.best!.command}\n`));
  });

  test('prints JSON and CSV', async () => {
    const { trials, importance, best } = JSON.parse((await report('rates', '--json')).stdout) as SweepResult;
    assert.deepEqual(trials[0]!.values, record.trials[trials[0]!.trial]!.values);
    assert.deepEqual([best!.runId, importance.parameters[0]!.name], [trials[0]!.runId, 'contrast.ebm.learningRate']);
    assert.deepEqual(trials.at(-1)!.failure, 'It diverged.');
    const rows = (await report('rates', '--csv')).stdout.trim().split('\n');
    assert.equal(rows[0], 'trial,run,status,rung,objective,seconds,contrast.ebm.learningRate,contrast.turn.threshold,models.flow.couplings,contrast.objective');
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

  test('says where there is none', async () => assert.match((await run(['report', 'rates', '--out', temporaryFolder('no-sweeps')])).stderr, /there is none\. `counterflow sweep FILE` starts one/));

  test('finds the latest', async () => {
    const folder = join(out, 'begun');
    const begun = await resolveSweep(fileURLToPath(new URL('../../../workflows/experiments/sweeps/eight-gaussians.yaml', import.meta.url)), {});
    mkdirSync(join(folder, begun.id), { recursive: true });
    writeFileSync(join(folder, begun.id, 'sweep.json'), sweepText(begunSweep(begun, { address: null })));
    const { code, stdout, stderr } = await run(['report', 'latest', '--json', '--out', folder]);
    assert.equal(code, exitCodes.ok, stderr);
    assert.equal((JSON.parse(stdout) as SweepResult).sweep, begun.id);
  });

  test('refuses what is no sweep', async () => {
    for (const [name, code, sentence] of [['rated', exitCodes.badInput, /Expected the id of a sweep in .*; got "rated"; did you mean rates\?/], ['broken', exitCodes.failed, /broken\/sweep\.json as it was written/]] as const) {
      const ended = await report(name);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, sentence);
    }
  });
});
