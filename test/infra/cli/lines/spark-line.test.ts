import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sparkLine } from '../../../../infra/cli/lines/spark-line.ts';

describe('a curve as one line', () => {
  test('goes from the lowest value to the highest', () =>
    assert.equal(sparkLine([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█'));
  test('shows means where there are more values than columns', () =>
    assert.equal(sparkLine([0, 0, 7, 7, 0, 0], 3), '▁█▁'));
  test('is as long as there are values where there are fewer', () =>
    assert.equal(sparkLine([2, 1], 10), '█▁'));
  test('is level where nothing changes, and leaves out what is no number', () => {
    assert.equal(sparkLine([3, NaN, 3], 5), '▄▄');
    assert.equal(sparkLine([NaN], 5), '');
  });
});
