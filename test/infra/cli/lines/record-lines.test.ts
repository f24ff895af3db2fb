import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorsFor } from '../../../../infra/cli/lines/colors.ts';
import { byteText } from '../../../../infra/base/format.ts';
import { recordLines } from '../../../../infra/cli/lines/record-lines.ts';
import type { StoredRecord } from '../../../../infra/client/records/run-records.ts';

test('a record shows what of its data has to be known, and nothing where there is none', () => {
  const record = {
    id: 'leaves',
    experiment: 'folder-quick',
    status: 'completed',
    seed: 1,
    startedAt: '2026-11-30T03:58:18.000Z',
  } as const;
  const dataset = {
    source: 'images',
    trainCount: 33,
    testCount: 27,
    shape: [32, 32, 1],
    trainSha256: '',
    testSha256: '',
  };
  const shown = (notes?: readonly string[]): string[] =>
    recordLines(
      { ...record, dataset: { ...dataset, ...(notes && { notes }) } },
      '/runs/leaves',
      false,
      colorsFor({}),
    ).filter((line) => /^ +data /.test(line));
  assert.deepEqual(
    shown(['Left out: 60 pictures.']).map((line) => line.trim().replace(/ +/, ' ')),
    ['data Left out: 60 pictures.'],
  );
  assert.deepEqual(shown(), []);
});

test("a record shows the file of a user's own experiment, and the copy that its run keeps", () => {
  const [path, copy] = ['../mine.ts', 'experiment/mine.ts'];
  const record = {
    id: 'own',
    experiment: 'mine',
    status: 'completed',
    seed: 1,
    startedAt: '2026-11-30T03:58:18.000Z',
    experimentFile: { path, copy, sha256: '0123456789abcdef'.repeat(4), bytes: 7 },
  } as const;
  const lines = recordLines(record, '/runs/own', false, colorsFor({})).map((line) => line.trim());
  assert.ok(
    lines.includes('experiment  ../mine.ts, kept as experiment/mine.ts (SHA-256 0123456789ab)'),
    lines.join('\n'),
  );
});

test(
  'a record of a run that did not complete shows how far its trainings came, of those that were told '
    + 'to make more too',
  () => {
    const config = {
      pretrain: { updates: 100 },
      contrast: { updates: 150 },
      baselines: { nceMatched: { updates: 50 } },
    };
    const steps = [
      'prepare',
      'nce-matched 0-50',
      'pretrain 0-50',
      'pretrain 50-100',
      'contrast 0-40',
      'contrast 40-80',
    ].map((name) => ({ name, key: name, reused: false, reason: '', seconds: 1 }));
    const told = {
      at: '2026-11-30T03:58:18.000Z',
      what: 'told',
      training: 'contrast',
      sentence: '',
      details: { message: 'extend', updates: 300, number: 1, update: 40, rollbacks: 0 },
    };
    const shown = (more: object): string[] =>
      recordLines(
        {
          id: 'r',
          experiment: 'e',
          seed: 1,
          startedAt: '2026-11-30T03:58:18.000Z',
          status: 'cancelled',
          config,
          steps,
          ...more,
        } as unknown as StoredRecord,
        '/runs/r',
        false,
        colorsFor({}),
      )
        .filter((line) => / updates$/.test(line))
        .map((line) => line.trim().replace(/^trained +/, ''));
    assert.deepEqual(shown({}), [
      'nce-matched 50 of 50 updates',
      'pretrain 100 of 100 updates',
      'contrast 80 of 150 updates',
    ]);
    assert.deepEqual(shown({ decisions: [told] }).at(-1), 'contrast 80 of 300 updates');
    assert.deepEqual(shown({ config: undefined }).at(-1), 'contrast 80 updates');
    assert.deepEqual(shown({ status: 'completed' }), []);
  },
);

test('bytes are written in units of a thousand, with three digits', () => {
  assert.deepEqual([0, 999, 1000, 17_952, 332_000_000, 1_214_000_000, 5e15].map(byteText), [
    '0 bytes',
    '999 bytes',
    '1 kB',
    '18 kB',
    '332 MB',
    '1.21 GB',
    '5000 TB',
  ]);
});
