/** What a run leaves, for comparing one that was disturbed with one that was not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRecord } from '../../../activities/record/run-record.ts';
import { updates } from './small-run.ts';

export interface EndedRun {
  readonly record: RunRecord;
  readonly metrics: string;
}

export function endedRun(out: string, id: string): EndedRun {
  const file = (name: string): string => readFileSync(join(out, id, name), 'utf8');
  return { record: JSON.parse(file('run.json')) as RunRecord, metrics: file('metrics.jsonl') };
}

/** Completed, with the same weights and the same metrics, every update once and in order. */
export function assertSameRun(got: EndedRun, undisturbed: EndedRun): void {
  assert.equal(got.record.status, 'completed');
  assert.match(got.record.weightsSha256!.averaged, /^[0-9a-f]{64}$/);
  assert.deepEqual(got.record.weightsSha256, undisturbed.record.weightsSha256);
  assert.deepEqual(
    updatesOf(got, 'contrast'),
    Array.from({ length: updates }, (_, i) => i + 1),
  );
  assert.equal(got.metrics, undisturbed.metrics);
}

function updatesOf({ metrics }: EndedRun, training: string): number[] {
  return metrics
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { training: string; update: number })
    .filter((line) => line.training === training)
    .map(({ update }) => update);
}
