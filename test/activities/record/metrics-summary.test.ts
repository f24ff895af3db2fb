import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summariseMetrics } from '../../../activities/record/metrics-summary.ts';

test('a course is the mean of the first and of the last ten lines, over the lines that have the metric', () => {
  const lines = Array.from({ length: 30 }, (_, i) => ({
    update: i,
    turn: 'ebm',
    value: i,
    ...(i % 2 === 0 && { logProb: 10 * i }),
  }));
  assert.deepEqual(summariseMetrics(lines), {
    first: { value: 4.5, logProb: 40 },
    last: { value: 24.5, logProb: 240 },
    lines: 10,
  });
});

test('a short training is its own beginning and end, and one without lines has neither', () => {
  assert.deepEqual(summariseMetrics([{ accuracy: 0.5 }]), {
    first: { accuracy: 0.5 },
    last: { accuracy: 0.5 },
    lines: 1,
  });
  assert.deepEqual(summariseMetrics([]), { first: {}, last: {}, lines: 0 });
});
