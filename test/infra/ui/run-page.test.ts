/** The page of one run: what is said above its figures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { ReportRecord } from '../../../activities/report/contract.ts';
import type { Warning } from '../../../activities/health/warning.ts';
import type { LiveRun } from '../../../infra/client/runs/run-watcher.ts';
import { keptFor, type Kept } from '../../../infra/gc/kept-files.ts';
import { runPage } from '../../../infra/ui/pages/run-page.ts';
import { smallRequest } from '../../support/faults/small-run.ts';

const warning: Warning = {
  what: 'saturated',
  training: 'contrast',
  sentence: 'contrast: told apart.',
  details: {},
};
const decision: Decision = {
  at: '2026-11-28T00:00:30.000Z',
  what: 'warning',
  training: 'contrast',
  sentence: 'Warning: contrast: V is low.',
  details: { warning: 'lost-ebm' },
};

function page(
  status: 'running' | 'completed',
  warnings: readonly Warning[],
  decisions: readonly Decision[],
  more: Partial<LiveRun['record']> = {},
  kept: readonly Kept[] = [],
): string {
  const record = {
    id: 'run-1',
    experiment: 'spiral',
    seed: 1,
    startedAt: '2026-11-28T00:00:00.000Z',
    status,
    warnings,
    ...more,
  };
  const run: LiveRun = {
    state: status === 'running' ? 'under way' : 'ended',
    isOpen: status === 'running',
    record,
    differing: null,
    view: null,
    decisions,
    metrics: [],
  };
  return runPage({
    run,
    reported: record as unknown as ReportRecord,
    pictures: [],
    hasReport: false,
    kept,
    folder: '/runs/run-1',
    temporalUi: null,
    token: 'token',
    said: null,
  }).source;
}
const notices = (source: string): string[] =>
  [...source.matchAll(/<div class="notice" role="note"><ul>(.*?)<\/ul>/gs)].map(([, list]) => list!);

describe('the page of a run', () => {
  test('has the warnings of its record above the figures, and none where it has none', () => {
    assert.deepEqual(notices(page('completed', [warning], [decision])), [
      '<li>Warning: contrast: told apart.</li>',
    ]);
    assert.deepEqual(notices(page('completed', [], [])), []);
  });

  test('has those decided since its record while it goes on, each once', () => {
    const same: Decision = { ...decision, sentence: 'Warning: contrast: told apart.' };
    assert.deepEqual(notices(page('running', [warning], [same, decision])), [
      '<li>Warning: contrast: told apart.</li><li>Warning: contrast: V is low.</li>',
    ]);
  });

  test('has what each training was given, and the sentence where that is not the same', () => {
    const { config } = smallRequest('run-1', [
      'baselines.flowMle={"method":"mle","updates":30,"batchSize":50,"flow":{"learningRate":0.001}}',
    ]);
    const training = { updateSeconds: 65, updates: 20 };
    const trainings = { contrast: training, 'flow-mle': { updates: 30 } } as unknown as NonNullable<
      LiveRun['record']['trainings']
    >;
    const source = page('completed', [], [], { config, trainings });
    assert.match(
      source,
      /<h2>Budgets<\/h2><p>Budgets differ\. [^<]*30 updates of 50[^<]*20 updates of 50\.<\/p>/,
    );
    const row = (name: string): string[] =>
      [
        ...new RegExp(`rowheader">${name}</th>\\s*(.*?)</tr>`, 's')
          .exec(source)![1]!
          .matchAll(/>([^<>]+)<\/td>/g),
      ].map(([, cell]) => cell!);
    assert.deepEqual(
      [row('contrast'), row('flow-mle')],
      [
        ['20', '50', '1 min 5 s', '–'],
        ['30', '50', '–', '–'],
      ],
    );
    assert.doesNotMatch(page('running', [], []), /Budgets/);
  });

  test('has what of it is kept, by kind and why, and the sum', () => {
    const source = page('completed', [], [], {}, [
      { kind: 'onnx', files: 2, bytes: 3e6, reason: keptFor.onnx },
      { kind: 'report', files: 1, bytes: 1e6, reason: keptFor.report },
    ]);
    const table = /aria-label="Kept on the disk">(.*?)<\/table>/s.exec(source)![1]!;
    const rows = [...table.matchAll(/<tr role="row"><th scope="row".*?<\/tr>/gs)].map(([row]) =>
      [...row.matchAll(/>([^<>\n]+)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    assert.deepEqual(
      rows.map(([kind, size, files]) => [kind, size, files]),
      [
        ['onnx', '3 MB', '2'],
        ['report', '1 MB', '1'],
        ['total', '4 MB', '3'],
      ],
    );
    assert.ok(table.includes('the page that people read'));
    assert.doesNotMatch(page('completed', [], []), /Kept on the disk/);
  });
});
