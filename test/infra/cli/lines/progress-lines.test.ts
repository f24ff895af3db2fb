import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { duration, number } from '../../../../infra/base/format.ts';
import { plainLine, progressLines } from '../../../../infra/cli/lines/progress-lines.ts';
import type { ActiveStep, RunView } from '../../../../infra/client/runs/active-step.ts';

const contrast: ActiveStep = {
  name: 'contrast',
  phase: 'step',
  count: { done: 2500, total: 10_000 },
  perSecond: 75,
  attempt: 1,
  failure: null,
  metrics: { value: -1.39214, accuracy: 0.625, learningRate: 1e-3, 'mse.flow': 0.12345, 'mse.ebm': 0.0091 },
};
const view: RunView = {
  runId: 'spiral-s1-20261123-101010-abcd',
  stage: 'contrast',
  elapsedSeconds: 125,
  steps: [contrast],
  uiUrl: 'http://127.0.0.1:8233/x',
};
const plain = pc.createColors(false);

describe('progress on a terminal', () => {
  test('names the run, its stage, the time it took so far and the Temporal page', () => {
    const lines = progressLines(view, 200, plain);
    assert.equal(lines[0], 'spiral-s1-20261123-101010-abcd  contrast  2 min 05 s');
    assert.match(lines.at(-1)!, /Temporal UI http:\/\/127\.0\.0\.1:8233\/x/);
  });

  test(
    'a training shows step, total, rate, remaining time, V, accuracy and MSE, and nothing that tells '
      + 'little',
    () => {
      const line = progressLines(view, 200, plain)[1]!;
      assert.match(
        line,
        /contrast {2}━{5}╌{15} {2}2,500\/10,000 {2}75\/s {2}1 min 40 s left {2}V -1\.392 {2}accuracy 0\.625 {2}MSE flow 0\.1235 {2}MSE EBM 0\.0091$/,
      );
    },
  );

  test('bits/dim are shown where the training has them', () => {
    const lines = progressLines(
      { ...view, steps: [{ ...contrast, metrics: { bitsPerDim: 4.1712 } }] },
      120,
      plain,
    );
    assert.match(lines[1]!, /bits\/dim 4\.171$/);
  });

  test('metrics move to a line of their own where one line is too narrow', () => {
    const lines = progressLines(view, 80, plain);
    assert.equal(lines.length, 4);
    assert.match(lines[1]!, /left$/);
    assert.match(lines[2]!, /^ {12}V -1\.392/);
  });

  for (const width of [40, 60, 80, 120, 200]) {
    test(`no line is wider than ${width} columns, with colours or without`, () => {
      for (const colors of [plain, pc.createColors(true)]) {
        const lines = progressLines(
          {
            ...view,
            steps: [contrast, { ...contrast, name: 'nce-standard', phase: 'checkpoint', attempt: 3 }],
          },
          width,
          colors,
        );
        for (const line of lines) assert(stripVTControlCharacters(line).length <= width, line);
      }
    });
  }

  test('a retry is shown with what failed before it', () => {
    const lines = progressLines(
      {
        ...view,
        steps: [{ ...contrast, phase: 'loading', attempt: 2, failure: 'The compute process died.' }],
      },
      200,
      plain,
    );
    assert.match(lines[1]!, /attempt 2/);
    assert.match(lines[2]!, /attempt 1 failed: The compute process died\.$/);
  });

  test('an activity without a heartbeat waits', () => {
    const waiting: ActiveStep = {
      name: 'prepare',
      phase: 'waiting',
      count: null,
      perSecond: null,
      metrics: {},
      attempt: 1,
      failure: null,
    };
    assert.match(progressLines({ ...view, steps: [waiting] }, 80, plain)[1]!, /^ {2}prepare {3}waiting$/);
  });
});

test('without a terminal all is one line without control characters', () => {
  const line = plainLine(view);
  assert.equal(
    line,
    '[2 min 05 s] contrast | contrast  2,500/10,000  75/s  1 min 40 s left  V -1.392  accuracy 0.625 '
      + ' MSE flow 0.1235  MSE EBM 0.0091',
  );
});

test('times and numbers are written short', () => {
  assert.deepEqual([0.4, 59.4, 60, 3599, 3600, 90_000].map(duration), [
    '0 s',
    '59 s',
    '1 min 00 s',
    '59 min 59 s',
    '1 h 00 min',
    '25 h 00 min',
  ]);
  assert.deepEqual([10_000, 0.01449, -1.38629, 1.5e-7, NaN].map(number), [
    '10,000',
    '0.01449',
    '-1.386',
    '1.50e-7',
    'NaN',
  ]);
});
