import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DivergenceDetails, SegmentResult, TrainingSpec } from '../../activities/contracts.ts';
import { accept, atStart, boundaries, gaveUpDecision, rollBack, type TrainingState } from '../../workflows/segments.ts';

const spec = { training: 'contrast', config: { recovery: { maxRollbacks: 5, learningRateFactor: 0.5 } } } as TrainingSpec;
const divergence: DivergenceDetails = {
  training: 'contrast', rule: 'value-bound', update: 33, value: -2e5, limit: 1e5, lastGood: null, lastGoodUpdate: 0,
};
const at = '2026-01-02T03:04:05.000Z';

function accepted(state: TrainingState): TrainingState {
  const from = state.segments.length;
  return accept(state, { fromUpdate: from * 10, toUpdate: from * 10 + 10, adjustment: state.adjustment }, { last: {}, weights: { raw: '', averaged: '' } } as unknown as SegmentResult);
}
const after = (segments: number): TrainingState => segments === 0 ? atStart : accepted(after(segments - 1));
const diverged = (state: TrainingState): TrainingState => rollBack(state, spec, divergence, at);

describe('segments', () => {
  test('cover all updates without holes, evenly', () => {
    assert.deepEqual(boundaries({ updates: 100, segments: 10 }), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    assert.deepEqual(boundaries({ updates: 10, segments: 3 }), [0, 3, 7, 10]);
    assert.deepEqual(boundaries({ updates: 2, segments: 10 }), [0, 1, 2]);
  });
});

describe('a rollback', () => {
  test('keeps everything up to the checkpoint before the divergence', () => {
    const state = diverged(after(3));
    assert.equal(state.segments.length, 3);
    assert.deepEqual(state.adjustment, { learningRateScale: 0.5, noiseStream: 1 });
    assert.deepEqual(state.decisions[0]!.details['toUpdate'], 30);
  });

  test('goes one checkpoint further back each time, never before the start', () => {
    let state = after(2);
    const kept: number[] = [];
    for (let i = 0; i < 4; i++) {
      state = diverged(state);
      kept.push(state.segments.length);
    }
    assert.deepEqual(kept, [2, 1, 0, 0]);
    assert.deepEqual(state.adjustment, { learningRateScale: 0.0625, noiseStream: 4 });
  });

  test('still counts as repeated when the training gets back to where it diverged, but not beyond', () => {
    const again = diverged(accepted(diverged(diverged(after(3)))));
    assert.equal(again.segments.length, 1);
  });

  test('starts counting anew once the training got past where it diverged', () => {
    const past = accepted(accepted(diverged(after(3))));
    assert.equal(past.stuck, null);
    assert.equal(diverged(past).segments.length, 5);
  });

  test('keeps the lowered learning rates for the rest of the training', () => {
    assert.deepEqual(accepted(accepted(diverged(after(3)))).adjustment, { learningRateScale: 0.5, noiseStream: 1 });
  });

  test('and giving up are said in a sentence each, with rule, value and remedy', () => {
    assert.equal(diverged(after(3)).decisions[0]!.sentence,
      'contrast diverged at update 33 (value-bound: -200000): back to update 30, learning rates times 0.5, noise stream 1.');
    assert.match(gaveUpDecision(divergence, 3, at).sentence, /^contrast gave up: .* 3 rollbacks did not help\. Lower its learning rates/);
    assert.match(gaveUpDecision(divergence, 0, at).sentence, /no rollbacks are allowed/);
  });
});
