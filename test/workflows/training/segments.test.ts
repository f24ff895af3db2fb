import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  DivergenceDetails,
  SegmentResult,
  TrainingSpec,
} from '../../../activities/contracts/training.ts';
import {
  accept,
  adjustmentOf,
  atStart,
  boundaries,
  boundariesTo,
  gaveUpDecision,
  isBeyondMending,
  rollBack,
  stepBack,
  beforeDivergence,
  warned,
  type TrainingState,
} from '../../../workflows/training/segments.ts';

const spec = {
  training: 'contrast',
  config: { segments: 10, recovery: { maxRollbacks: 5, learningRateFactor: 0.5 } },
} as TrainingSpec;
const divergence: DivergenceDetails = {
  training: 'contrast',
  rule: 'value-bound',
  update: 33,
  value: -2e5,
  limit: 1e5,
  lastGood: null,
  lastGoodUpdate: 0,
};
const at = '2026-01-02T03:04:05.000Z';

function accepted(state: TrainingState): TrainingState {
  const from = state.segments.length;
  return accept(state, { fromUpdate: from * 10, toUpdate: from * 10 + 10, adjustment: adjustmentOf(state) }, {
    last: {},
    weights: { raw: '', averaged: '' },
    checkpoint: { sha256: `checkpoint ${from}` },
  } as unknown as SegmentResult);
}
const after = (segments: number): TrainingState => (segments === 0 ? atStart : accepted(after(segments - 1)));
const diverged = (state: TrainingState): TrainingState => rollBack(state, spec, divergence, at);

describe('segments', () => {
  test('cover all updates without holes, evenly', () => {
    assert.deepEqual(
      boundaries({ updates: 100, segments: 10 }),
      [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    );
    assert.deepEqual(boundaries({ updates: 10, segments: 3 }), [0, 3, 7, 10]);
    assert.deepEqual(boundaries({ updates: 2, segments: 10 }), [0, 1, 2]);
  });

  test('are the same where the training is to stop on the way, up to the first that is far enough', () => {
    const to = (until?: number) => boundariesTo(until, { updates: 100, segments: 10 });
    assert.deepEqual(
      [to(1), to(30), to(31)],
      [
        [0, 10],
        [0, 10, 20, 30],
        [0, 10, 20, 30, 40],
      ],
    );
    for (const all of [undefined, 91, 100, 1000])
      assert.deepEqual(to(all), boundaries({ updates: 100, segments: 10 }), `until ${all}`);
  });
});

describe('what is not healthy in a training', () => {
  const warning = (what: 'saturated' | 'lost-ebm') => ({
    what,
    training: 'contrast' as const,
    sentence: `contrast: ${what}.`,
    details: { value: -9 },
  });

  test('is a decision of it, once for each thing, and changes nothing else', () => {
    const first = warned(after(2), spec, [warning('saturated')], at);
    assert.deepEqual(first.decisions, [
      {
        at,
        what: 'warning',
        training: 'contrast',
        sentence: 'Warning: contrast: saturated.',
        details: { warning: 'saturated', value: -9 },
      },
    ]);
    assert.deepEqual({ ...first, decisions: [] }, after(2));
    const later = warned(first, spec, [warning('saturated'), warning('lost-ebm')], at);
    assert.deepEqual(
      later.decisions.map(({ details }) => details['warning']),
      ['saturated', 'lost-ebm'],
    );
    assert.equal(warned(later, spec, undefined, at), later);
  });
});

describe('the updates that led to a divergence', () => {
  test('are named in the decision it led to, by their content; those of earlier versions are not there', () => {
    const lines = { uri: '', sha256: 'abcdef0123', bytes: 7 };
    const named = (details: DivergenceDetails) =>
      [rollBack(after(2), spec, details, at).decisions[0]!, gaveUpDecision(spec, details, 1, 0, at)].map(
        ({ details: { file, sha256, bytes } }) => [file, sha256, bytes],
      );
    assert.deepEqual(
      named({ ...divergence, lines }),
      Array(2).fill(['diverged/contrast-33-abcdef01.jsonl', 'abcdef0123', 7]),
    );
    assert.deepEqual(named(divergence), Array(2).fill([undefined, undefined, undefined]));
  });
});

describe('a lost checkpoint', () => {
  const lost = (state: TrainingState, segment: number): TrainingState | null =>
    stepBack(state, spec, { sha256: `checkpoint ${segment}`, how: 'damaged' }, at);

  test('takes the training back to the one before, and says so', () => {
    const state = lost(after(3), 2)!;
    assert.deepEqual([state.segments.length, state.rollbacks, state.adjustment], [2, 0, atStart.adjustment]);
    assert.deepEqual(
      state.decisions.map(({ what, sentence }) => [what, sentence]),
      [
        [
          'repaired',
          'contrast: its checkpoint of update 30 is damaged: back to update 20, the updates between '
            + 'are computed anew.',
        ],
      ],
    );
    assert.equal(lost(state, 1)!.segments.length, 1);
    assert.equal(lost(lost(state, 1)!, 0)!.segments.length, 0);
  });

  test(
    'has its segment computed anew as it was, with the learning rates and the noise of before a '
      + 'rollback',
    () => {
      const state = lost(lost(accepted(diverged(after(3))), 3)!, 2)!;
      const adjustments = [state, accepted(state), accepted(accepted(state))].map(
        (one) => adjustmentOf(one).noiseStream,
      );
      assert.deepEqual(adjustments, [0, 1, 1]);
      assert.equal(adjustmentOf(diverged(state)).noiseStream, 2);
    },
  );

  test('of another training takes nothing back, nor does one more than there are segments', () => {
    assert.equal(stepBack(after(3), spec, { sha256: 'data', how: 'missing' }, at), null);
    let state = after(3);
    for (let i = 0; i < 10; i++) state = accepted(lost(state, 2)!);
    assert.equal(lost(state, 2), null);
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

  test('trusts no checkpoint of after the first sign of the divergence, and goes further back from there', () => {
    const seen = (state: TrainingState, since: number): TrainingState =>
      rollBack(state, spec, { ...divergence, since }, at);
    assert.equal(seen(after(3), 32).segments.length, 3);
    assert.equal(seen(after(3), 30).segments.length, 2, 'its weights are those that were measured');
    assert.equal(seen(after(3), 31).segments.length, 3);
    assert.equal(seen(after(3), 12).segments.length, 1);
    assert.equal(seen(after(3), 0).segments.length, 0);
    const once = seen(after(5), 32);
    assert.equal(
      seen(accepted(once), 39).segments.length,
      2,
      'one checkpoint before where the last try began',
    );
    assert.equal(seen(accepted(once), 5).segments.length, 0);
    assert.equal(
      diverged(accepted({ ...once, stuck: { segment: 5, times: 1 } })).segments.length,
      4,
      'an execution under way knows less',
    );
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
    assert.deepEqual(accepted(accepted(diverged(after(3)))).adjustment, {
      learningRateScale: 0.5,
      noiseStream: 1,
    });
  });

  test('and giving up are said in a sentence each, with rule, value and remedy', () => {
    assert.equal(
      diverged(after(3)).decisions[0]!.sentence,
      'contrast diverged at update 33 (value-bound: -200000): back to update 30, learning rates '
        + 'times 0.5, noise stream 1.',
    );
    assert.match(
      rollBack(after(3), spec, { ...divergence, rule: 'gradient-growth', of: 'ebm', value: 300 }, at)
        .decisions[0]!.sentence,
      /at update 33 \(gradient-growth of ebm: 300\): back/,
    );
    assert.match(
      gaveUpDecision(spec, divergence, 3, 30, at).sentence,
      /^contrast gave up: .* 3 rollbacks did not help\. Its last good checkpoint is of update 30\. Lower its learning rates/,
    );
    assert.match(
      gaveUpDecision(spec, divergence, 0, 0, at).sentence,
      /no rollbacks are allowed\. It has no good checkpoint\./,
    );
  });

  test('goes back to no checkpoint that was taken while a statistic was out of its range', () => {
    const suspect = (state: TrainingState, at: readonly number[]): TrainingState => ({
      ...state,
      segments: state.segments.map((segment, i) =>
        at.includes(i) ? { ...segment, suspect: true } : segment,
      ),
    });
    assert.equal(diverged(suspect(after(5), [0, 2])).segments.length, 5, 'what came back since is good');
    assert.equal(diverged(suspect(after(5), [3, 4])).segments.length, 3);
    assert.equal(diverged(diverged(suspect(after(5), [2, 3]))).segments.length, 2);
    assert.equal(diverged(suspect(after(2), [0, 1])).segments.length, 0);
    assert.deepEqual(beforeDivergence(suspect(after(5), [3]), { ...divergence, since: 45 }).length, 3);
  });

  test('would not mend a flow that entered lost, other random weights would', () => {
    const lost: DivergenceDetails = { ...divergence, rule: 'lost-flow', update: 1, value: -500, limit: -5 };
    const entered = { ...spec, initialFlow: { sha256: 'flow' } } as TrainingSpec;
    assert.deepEqual(
      [
        isBeyondMending(entered, lost, 1),
        isBeyondMending({ ...spec, initialFlow: null }, lost, 1),
        isBeyondMending(entered, divergence, 1),
      ],
      [true, false, false],
    );
    assert.equal(
      isBeyondMending(entered, lost, 0),
      false,
      'one batch alone may have held points that no flow knows',
    );
    assert.equal(
      gaveUpDecision(entered, lost, 1, 0, at).sentence,
      'contrast gave up: it diverged at update 1 (lost-flow: -500) and no rollback would mend the '
        + 'flow that entered. '
        + 'It has no good checkpoint. Start another run with lower learning rates, or more updates, of '
        + "the flow's own training before it.",
    );
    assert.match(
      gaveUpDecision({ ...spec, initialFlow: null }, lost, 3, 0, at).sentence,
      /3 rollbacks did not help\..* Start another run with another seed, a flow of fewer couplings, or a lower divergence\.minFirstLogProb\.$/,
    );
  });
});
