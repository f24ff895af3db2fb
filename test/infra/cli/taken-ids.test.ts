/** What is asked for under an id that exists: nothing that is completed is begun again, and nothing that is
 *  there is written over. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { requestText } from '../../../activities/record/record-request.ts';
import { begunSweep, sweepText } from '../../../activities/sweep/sweep-record.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { exitCodes } from '../../../infra/base/exit-codes.ts';
import { earlierRequest } from '../../../infra/client/runs/claim-run-id.ts';
import { writeSweep } from '../../../infra/client/records/sweep-records.ts';
import { Actions } from '../../../infra/ui/actions.ts';
import { run } from '../../support/command-line.ts';
import { smallRequest } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';

const out = temporaryFolder('taken-ids');

function keep(id: string, files: Readonly<Record<string, string>>): string {
  const folder = join(out, id);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
const contentOf = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, name), 'utf8')}`);
const recordText = (status: string, more: object = {}): string =>
  JSON.stringify({
    experiment: 'eight-gaussians',
    status,
    seed: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    results: { mse: { ebmFce: 0.25 } },
    ...more,
  });
const requestOf = (id: string, until?: number): string =>
  requestText({ request: { ...smallRequest(id), ...(until !== undefined && { until }) }, address: null });
const sweep = (id: string): Sweep => ({
  id,
  name: 'rates',
  parameters: {},
  sampler: { kind: 'grid' },
  seed: 1,
  trials: 1,
  objective: { metric: 'mse.ebmFce', goal: 'minimise' },
  halving: null,
  concurrent: 1,
  pricePerHour: null,
  base: smallRequest(id),
  command: 'counterflow sweep rates.yaml',
});

describe('an id that exists', () => {
  test('is not given to a run where a run without its request, or a sweep, has it', async () => {
    const folders = [
      keep('orphan', { 'run.json': recordText('completed') }),
      keep('swept', { 'sweep.json': sweepText(begunSweep(sweep('swept'), { address: null })) }),
    ];
    const content = folders.map(contentOf);
    await assert.rejects(
      earlierRequest(out, smallRequest('orphan')),
      /Expected a new --id, but .*orphan holds a run that is completed, without the request\.json it was begun with; choose another --id, or move that folder away/,
    );
    await assert.rejects(
      earlierRequest(out, smallRequest('swept')),
      /Expected a new --id, but swept is a sweep; choose another --id/,
    );
    assert.equal(await earlierRequest(out, smallRequest('free')), null);
    const { code, stderr } = await run(['run', 'eight-gaussians', '--id', 'orphan', '--out', out]);
    assert.equal(code, exitCodes.badInput, stderr);
    assert.deepEqual(folders.map(contentOf), content);
  });

  test('is not given to a second sweep', async () => {
    await writeSweep(out, sweep('only'), { address: null });
    const content = contentOf(join(out, 'only'));
    await assert.rejects(
      writeSweep(out, { ...sweep('only'), trials: 9 }, { address: null }),
      /Expected no sweep only in .* yet/,
    );
    assert.deepEqual(contentOf(join(out, 'only')), content);
  });

  for (const [name, until, asked] of [
    ['to its end', undefined, 'end'],
    ['to its last update', undefined, '20'],
    ['as far as it was to go', 6, '6'],
  ] as const) {
    test(`of a run that is completed ${name} is not begun again by --until ${asked}`, async () => {
      const id = `there-${asked}`;
      const folder = keep(id, {
        'request.json': requestOf(id, until),
        'run.json': recordText('completed', until === undefined ? {} : { until }),
      });
      const content = contentOf(folder);
      const { code, stdout, stderr } = await run(['resume', id, '--until', asked, '--out', out]);
      assert.equal(code, exitCodes.ok, stderr);
      assert.match(stdout, new RegExp(`^completed +${id}\n[^]*mse\\.ebmFce +0\\.25`));
      assert.doesNotMatch(stderr, /server/i, 'no server is needed for that');
      assert.deepEqual(contentOf(folder), content);
    });
  }

  test('of a completed run or sweep is not begun again by an old page', async () => {
    const before = [
      keep('done', { 'request.json': requestOf('done'), 'run.json': recordText('completed') }),
      keep('swept-done', {
        'sweep.json': sweepText({
          ...begunSweep(sweep('swept-done'), { address: null }),
          status: 'completed',
        }),
      }),
    ];
    const content = before.map(contentOf);
    const actions = new Actions(out, {});
    actions.begin('resume', 'run', 'done');
    actions.begin('resume', 'sweep', 'swept-done');
    await actions.settle();
    assert.deepEqual(
      ['done', 'swept-done'].map((id) => actions.lastMessage(id)),
      Array(2).fill('It is completed: there is nothing to resume.'),
    );
    assert.deepEqual(before.map(contentOf), content);
  });
});
