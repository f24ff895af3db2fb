import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SegmentRequest, SegmentResult, TrainingSpec } from '../../../activities/contracts/training.ts';
import { accept, atStart, type TrainingState } from '../../../workflows/training/segments.ts';
import { bestCandidate, stopDecision, stopReason } from '../../../workflows/training/early-stopping.ts';
import { figuresOf, ref, requestOf, withContrast, withStopping } from '../fake-run.ts';

const at = '2026-01-02T03:04:05.000Z';
const specWith = (changes: object): TrainingSpec =>
  ({ training: 'contrast', config: requestOf('rule', changes).config.contrast }) as TrainingSpec;
const spec = (stopping: object = {}, more: object = {}): TrainingSpec =>
  specWith(withStopping({ patience: 2, ...stopping }, more));

/** The state after segments with these distances, the first before any; V by segment, from 1. */
function after(distances: readonly number[], values: Readonly<Record<number, number>> = {}): TrainingState {
  return distances.slice(1).reduce<TrainingState>((state, _, i) => {
    const segment: Pick<SegmentRequest, 'fromUpdate' | 'toUpdate' | 'adjustment'> = {
      fromUpdate: i * 10,
      toUpdate: i * 10 + 10,
      adjustment: state.adjustment,
    };
    const byUpdate = Object.fromEntries(distances.map((distance, k) => [k * 10, distance]));
    const figures = figuresOf(
      segment,
      byUpdate,
      Object.fromEntries(Object.entries(values).map(([k, value]) => [Number(k) * 10, value])),
    );
    return accept(state, segment, {
      checkpoint: ref(String(i)),
      last: { update: i * 10 + 10 },
      weights: { raw: '', averaged: '' },
      figures,
    } as unknown as SegmentResult);
  }, atStart);
}
const bestUpdate = (rule: TrainingSpec, state: TrainingState): number => bestCandidate(rule, state)!.update;

describe('a training with patience', () => {
  test('goes on before its first segment and while the distance becomes smaller', () => {
    assert.equal(stopReason(spec(), atStart), null);
    assert.equal(stopReason(spec(), after([5, 4, 3, 2])), null);
  });
  test('goes on for fewer segments without a smaller one than it has patience, and then ends', () => {
    assert.equal(stopReason(spec(), after([5, 4, 4.5])), null);
    assert.equal(stopReason(spec(), after([5, 4, 4.5, 4.1])), 'patience');
    assert.equal(stopReason(spec({ patience: 3 }), after([5, 4, 4.5, 4.1])), null);
  });
  test('counts anew from each smaller distance', () => {
    assert.equal(stopReason(spec(), after([5, 4, 4.5, 3, 3.5])), null);
  });
  test('ends where nothing is closer than what it started from', () => {
    assert.equal(stopReason(spec(), after([5, 6, 7])), 'patience');
    assert.equal(bestUpdate(spec(), after([5, 6, 7])), 0);
  });
  test('does not count segments in which the EBM warms up, but those after', () => {
    const warm = spec({}, { ebmWarmupUpdates: 30 });
    assert.equal(stopReason(warm, after([5, 5, 5, 5])), null);
    assert.equal(stopReason(warm, after([5, 5, 5, 5, 6])), null);
    assert.equal(stopReason(warm, after([5, 5, 5, 5, 6, 6])), 'patience');
    assert.equal(bestUpdate(warm, after([5, 5, 5, 5, 6, 6])), 30, 'the same flow with the EBM warmed up');
    const rounded = after([5, 5.001, 4.999, 5.001, 6]);
    assert.deepEqual(
      [bestUpdate(warm, rounded), stopReason(warm, rounded)],
      [30, null],
      'rounding decides nothing',
    );
  });
});

describe('a training with a range of V', () => {
  const ranged = spec({ patience: 9, valueRange: [-3, -0.1] });
  test('ends where a segment’s mean V is below or above it, and not at its edges', () => {
    assert.equal(stopReason(ranged, after([5, 4], { 1: -3 })), null);
    assert.equal(stopReason(ranged, after([5, 4], { 1: -0.1 })), null);
    assert.equal(stopReason(ranged, after([5, 4], { 1: -3.01 })), 'range');
    assert.equal(stopReason(ranged, after([5, 4], { 1: -0.09 })), 'range');
    assert.equal(stopReason(spec({ patience: 9 }), after([5, 4], { 1: -100 })), null, 'no range, no end');
  });
  test('does not take its result from outside of it', () => {
    assert.equal(bestUpdate(ranged, after([5, 4, 1], { 2: 0 })), 10);
  });
  test('lets V come into it during the warm-up of the EBM', () => {
    const warm = spec({ patience: 9, valueRange: [-3, -0.1] }, { ebmWarmupUpdates: 10 });
    assert.equal(stopReason(warm, after([5, 5], { 1: -40 })), null);
    assert.equal(bestUpdate(warm, after([5, 5, 6], { 1: -40, 2: -40 })), 10);
    assert.equal(stopReason(warm, after([5, 5, 5], { 2: -40 })), 'range');
  });
});

describe('the result', () => {
  test('is the smallest distance’s checkpoint, with its weights and last metrics', () => {
    const best = bestCandidate(spec(), after([5, 4, 3, 3.5]))!;
    assert.deepEqual(
      { ...best, weights: null },
      {
        segments: 2,
        update: 20,
        heldOutDistance: 3,
        checkpoint: ref('1'),
        last: { update: 20 },
        weights: null,
      },
    );
  });
  test('is the latest where nothing moved', () => assert.equal(bestUpdate(spec(), after([5, 5, 5])), 20));
  test('of a training without a rule, or one that began before there was any, is left as it is', () => {
    const state = after([5, 6, 7, 8]);
    for (const plain of [
      specWith(withContrast({})),
      { training: 'contrast', config: { method: 'fce' } } as TrainingSpec,
    ]) {
      assert.equal(stopReason(plain, state), null);
      assert.equal(bestCandidate(plain, state), null);
    }
  });
});

describe('the decision', () => {
  const said = (rule: TrainingSpec, state: TrainingState) =>
    stopDecision(rule, state, bestCandidate(rule, state)!, at);
  test('says why the training ended, where its result is from, and both distances', () => {
    assert.equal(
      said(spec(), after([5, 4, 4.5, 4.1]))!.sentence,
      'contrast ended at update 30 of 100: no smaller held-out distance for 2 segments. Its result '
        + 'is update 10, '
        + 'where the held-out distance was smallest: 4, against 4.1 at the end.',
    );
    assert.match(
      said(spec({ valueRange: [-3, -0.1] }), after([5, 6], { 1: -0.012345 }))!.sentence,
      /its mean V of -0\.01235 left \[-3, -0\.1\]\. Its result is what it started from,/,
    );
    assert.match(said(spec({ patience: 1 }), after([5, 6]))!.sentence, /for 1 segment\./);
  });
  test('has the figures', () => {
    assert.deepEqual(said(spec(), after([5, 4, 4.5, 4.1]))!.details, {
      reason: 'patience',
      update: 30,
      updates: 100,
      bestUpdate: 10,
      bestDistance: 4,
      heldOutDistance: 4.1,
      meanValue: -1.3,
    });
  });
  test(
    'is taken too where all updates were made and an earlier checkpoint is the result, and not where '
      + 'the last is',
    () => {
      const falling = [20, 19, 18, 17, 16, 15, 14, 13, 12, 11];
      assert.equal(said(spec(), after([...falling, 10])), null);
      assert.match(
        said(spec(), after([...falling, 11.5]))!.sentence,
        /^contrast ended at update 100 of 100: all were made\. Its result is update 90,/,
      );
    },
  );
  test('is taken too where it was to go no further for now, unless the last checkpoint is the result', () => {
    assert.equal(said(spec(), after([5, 4])), null);
    assert.match(
      said(spec(), after([5, 4, 4.5]))!.sentence,
      /^contrast ended at update 20 of 100: it was to go no further for now\. Its result is update 10,/,
    );
  });
});
