import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorsFor } from '../../../infra/cli/colors.ts';
import { recordLines } from '../../../infra/cli/record-lines.ts';

test('a record shows what of its data has to be known, and nothing where there is none', () => {
  const record = { id: 'leaves', experiment: 'folder-quick', status: 'completed', seed: 1, startedAt: '2026-11-30T03:58:18.000Z' } as const;
  const dataset = { source: 'images', trainCount: 33, testCount: 27, shape: [32, 32, 1], trainSha256: '', testSha256: '' };
  const shown = (notes?: readonly string[]): string[] => recordLines({ ...record, dataset: { ...dataset, ...notes && { notes } } }, '/runs/leaves', false, colorsFor({}))
    .filter((line) => /^ +data /.test(line));
  assert.deepEqual(shown(['Left out: 60 pictures.']).map((line) => line.trim().replace(/ +/, ' ')), ['data Left out: 60 pictures.']);
  assert.deepEqual(shown(), []);
});
