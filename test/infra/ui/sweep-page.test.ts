/** The page of a sweep over seeds, and of one without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHTML } from 'linkedom';
import type { Parameter } from '../../../models/search/parameter.ts';
import { begunSweep, withResult } from '../../../activities/sweep/sweep-record.ts';
import type { Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { overview } from '../../../infra/ui/pages/overview.ts';
import { sweepPage } from '../../../infra/ui/pages/sweep-page.ts';
import { smallRequest } from '../../support/faults/small-run.ts';

function recordOf(
  parameters: Readonly<Record<string, Parameter>>,
  results: readonly (readonly [values: SweepRecord['trials'][number]['values'], value: number | null])[],
): SweepRecord {
  const sweep: Sweep = {
    id: 's',
    name: 's',
    parameters,
    sampler: { kind: 'grid' },
    seed: 1,
    trials: results.length,
    objective: { metric: 'mse.ebmFce', goal: 'minimise' },
    halving: null,
    concurrent: 1,
    pricePerHour: null,
    base: { ...smallRequest('s'), command: 'counterflow run eight-gaussians' },
    command: 'counterflow sweep s.yaml',
  };
  return results.reduce(
    (record, [values, value], trial) =>
      withResult(
        record,
        { trial, runId: `s-${trial}`, values },
        {
          rung: 0,
          until: null,
          status: value === null ? 'failed' : 'completed',
          value,
          failure: null,
          seconds: 1,
          finishedAt: '',
        },
        `the command of ${trial}`,
      ),
    begunSweep(sweep, { address: null }),
  );
}
const pageOf = (record: SweepRecord) =>
  parseHTML(
    `<html><body>${sweepPage({ record, idle: false, status: null, temporalUi: null, token: '', said: null }).source}</body></html>`,
  ).document;

test('the page of a sweep over seeds names the best configuration, and shows each with its seeds', () => {
  const lambda = 'contrast.lambda';
  const document = pageOf(
    recordOf(
      { [lambda]: { kind: 'choice', values: [1, 0] }, seed: { kind: 'int', min: 1, max: 2, points: null } },
      [
        [{ [lambda]: 1, seed: 1 }, 1],
        [{ [lambda]: 1, seed: 2 }, 3],
        [{ [lambda]: 0, seed: 1 }, 0.1],
        [{ [lambda]: 0, seed: 2 }, null],
      ],
    ),
  );
  assert.match(
    document.body.textContent!,
    /A configuration, mse\.ebmFce 2, mean of 2 seeds \(--set seed=N, N one of 1, 2\)/,
  );
  assert.equal(
    document.querySelector('pre code')!.textContent,
    'counterflow run eight-gaussians --set contrast.lambda=1',
  );
  const rows = [...document.querySelectorAll('table')][0]!.querySelectorAll('tbody tr');
  assert.deepEqual(
    [...rows].map((row) => [...row.querySelectorAll('th, td')].map(({ textContent }) => textContent)),
    [
      ['1', '1', '2', '2', '1.414', '-10.71 to 14.71', '–'],
      ['2', '0', '1 of 2', '0.1', '-', '-', '-0.9 (-)'],
    ],
  );
  assert.match(document.body.textContent!, /A configuration with fewer seeds than another comes after it/);
});

test("the list of sweeps names no luckiest seed, nor a mean as if it were a run's", () => {
  const record = recordOf(
    {
      'contrast.lambda': { kind: 'choice', values: [1, 0] },
      seed: { kind: 'int', min: 1, max: 2, points: null },
    },
    [
      [{ 'contrast.lambda': 1, seed: 1 }, 1],
      [{ 'contrast.lambda': 1, seed: 2 }, 3],
      [{ 'contrast.lambda': 0, seed: 1 }, 0.1],
      [{ 'contrast.lambda': 0, seed: 2 }, 7],
    ],
  );
  // as an earlier version recorded it
  const earlier = {
    ...record,
    best: { ...record.best!, trial: 2, value: 0.1, seeds: undefined },
  } as unknown as SweepRecord;
  for (const sweep of [record, earlier]) {
    const { body } = parseHTML(
      `<html><body>${overview({ runs: [], sweeps: [sweep], unreadable: [], schedules: [], idle: new Set() }).source}</body></html>`,
    ).document;
    assert.match(body.textContent!, /mse\.ebmFce 2, mean of 2 seeds/);
  }
});

test('the page of another sweep names the best trial', () => {
  const document = pageOf(
    recordOf({ 'contrast.lambda': { kind: 'choice', values: [1, 0] } }, [
      [{ 'contrast.lambda': 1 }, 1],
      [{ 'contrast.lambda': 0 }, 0.5],
    ]),
  );
  assert.match(document.body.textContent!, /Best ?Trial 1, mse\.ebmFce 0\.5: s-1/);
  assert.equal(document.querySelector('pre code')!.textContent, 'the command of 1');
  assert.doesNotMatch(document.body.textContent!, /Configurations/);
});
