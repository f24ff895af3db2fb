/** The page of one run: what is said above its figures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision } from '../../../activities/contracts.ts';
import type { ReportRecord } from '../../../activities/report/contract.ts';
import type { Warning } from '../../../activities/health/warning.ts';
import type { LiveRun } from '../../../infra/cli/watch/run-watcher.ts';
import { runPage } from '../../../infra/ui/pages/run-page.ts';

const warning: Warning = { what: 'saturated', training: 'contrast', sentence: 'contrast: told apart.', details: {} };
const decision: Decision = { at: '2026-11-28T00:00:30.000Z', what: 'warning', training: 'contrast', sentence: 'Warning: contrast: V is low.', details: { warning: 'lost-ebm' } };

function page(status: 'running' | 'completed', warnings: readonly Warning[], decisions: readonly Decision[]): string {
  const record = { id: 'run-1', experiment: 'spiral', seed: 1, startedAt: '2026-11-28T00:00:00.000Z', status, warnings };
  const run: LiveRun = { state: status === 'running' ? 'under way' : 'ended', isOpen: status === 'running', record, differing: null, view: null, decisions, metrics: [] };
  return runPage({ run, reported: record as unknown as ReportRecord, pictures: [], hasReport: false, folder: '/runs/run-1', temporalUi: null, token: 'token', said: null }).source;
}
const notices = (source: string): string[] => [...source.matchAll(/<div class="notice" role="note"><ul>(.*?)<\/ul>/gs)].map(([, list]) => list!);

describe('the page of a run', () => {
  test('has the warnings of its record above the figures, and none where it has none', () => {
    assert.deepEqual(notices(page('completed', [warning], [decision])), ['<li>Warning: contrast: told apart.</li>']);
    assert.deepEqual(notices(page('completed', [], [])), []);
  });

  test('has those decided since its record while it goes on, each once', () => {
    const same: Decision = { ...decision, sentence: 'Warning: contrast: told apart.' };
    assert.deepEqual(notices(page('running', [warning], [same, decision])), ['<li>Warning: contrast: told apart.</li><li>Warning: contrast: V is low.</li>']);
  });
});
