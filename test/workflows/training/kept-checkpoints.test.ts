/** Which checkpoints stay: the configured, and all that a rollback or early stopping may go back to. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SegmentResult, TrainingSpec } from '../../../activities/contracts/training.ts';
import { checkpointsSchema } from '../../../models/training/config.ts';
import { marked, superseded } from '../../../workflows/training/kept-checkpoints.ts';
import {
  accept,
  adjustmentOf,
  atStart,
  rollBack,
  stepBack,
  beforeDivergence,
  type TrainingState,
} from '../../../workflows/training/segments.ts';
import { figuresOf, ref, requestOf, withContrast, withStopping } from '../fake-run.ts';

const at = '2026-01-02T03:04:05.000Z';
const divergence = {
  training: 'contrast',
  rule: 'value-bound',
  update: 3,
  value: -2e5,
  limit: 1e5,
  lastGood: null,
  lastGoodUpdate: 0,
} as const;
const noAccuracy = { stuckAccuracyUpdates: null };
const specOf = (changes: object): TrainingSpec =>
  ({ training: 'contrast', config: requestOf('kept', changes).config.contrast }) as TrainingSpec;
const spec = (contrast: object = {}): TrainingSpec =>
  specOf(withContrast({ divergence: noAccuracy, ...contrast }));
const withoutRollbacks = (checkpoints: object, more: object = {}): TrainingSpec =>
  spec({ recovery: { maxRollbacks: 0 }, checkpoints, ...more });

function accepted(state: TrainingState, figures?: SegmentResult['figures']): TrainingState {
  const from = state.segments.length * 10;
  const result = {
    last: {},
    weights: { raw: '', averaged: '' },
    checkpoint: ref(`${from + 10}~${state.rollbacks}`),
    ...(figures && { figures }),
  };
  return accept(
    state,
    { fromUpdate: from, toUpdate: from + 10, adjustment: adjustmentOf(state) },
    result as unknown as SegmentResult,
  );
}
const after = (segments: number): TrainingState => (segments === 0 ? atStart : accepted(after(segments - 1)));
/** Updates of those that stay. */
const kept = (of: TrainingSpec, state: TrainingState): number[] => {
  const gone = superseded(of, state);
  return state.segments
    .filter((segment) => !segment.released && !gone.includes(segment))
    .map(({ toUpdate }) => toUpdate);
};
const released = (of: TrainingSpec, state: TrainingState): TrainingState =>
  marked(state, new Set(superseded(of, state).map(({ checkpoint }) => checkpoint.sha256)), 'released');
const diverged = (of: TrainingSpec, state: TrainingState, since?: number): TrainingState =>
  rollBack(state, of, { ...divergence, ...(since !== undefined && { since }) }, at);

describe('the checkpoints that stay', () => {
  test('are the last ones that are configured, and every n-th', () => {
    assert.deepEqual(kept(withoutRollbacks({ keep: 1 }), after(8)), [80]);
    assert.deepEqual(kept(withoutRollbacks({ keep: 3 }), after(8)), [60, 70, 80]);
    assert.deepEqual(kept(withoutRollbacks({ keep: 1, every: 3 }), after(8)), [30, 60, 80]);
    assert.deepEqual(kept(withoutRollbacks({ keep: 9 }), after(8)).length, 8);
  });

  test('of a training that says nothing, as one that began before it could, are the default', () => {
    const { checkpoints: _, ...config } = withoutRollbacks({}).config;
    assert.deepEqual(kept({ ...spec(), config: config as TrainingSpec['config'] }, after(8)), [70, 80]);
    assert.deepEqual(checkpointsSchema.parse({}), { keep: 2, every: null });
  });

  test(
    'are those that the rollbacks to come may go to: each finds its own, though the ones between were '
      + 'released at every border',
    () => {
      const of = spec({ checkpoints: { keep: 1 } });
      let state = atStart;
      for (let i = 0; i < 9; i += 1) state = released(of, accepted(state));
      assert.deepEqual(kept(of, state), [70, 80, 90]);
      const places = [1, 2, 3].map(() => (state = diverged(of, state)).segments.length);
      assert.deepEqual(places, [9, 8, 7]);
    },
  );

  test('are fewer with each rollback that is behind, and at another place as many again', () => {
    const of = spec({ checkpoints: { keep: 1 } });
    const once = released(of, accepted(accepted(accepted(diverged(of, after(5))))));
    assert.deepEqual(kept(of, once), [50, 70, 80], 'from 50 it diverged, and two rollbacks are left');
  });

  test('are the last good one too, where those after it are suspect', () => {
    const of = withoutRollbacks({ keep: 1 });
    const state = after(6);
    const suspect = {
      ...state,
      segments: state.segments.map((segment, i) =>
        i >= 3 ? { ...segment, suspect: true as const } : segment,
      ),
    };
    assert.deepEqual(kept(of, suspect), [30, 60]);
  });

  test('are those of before an accuracy that may have been stuck for long', () => {
    const of = withoutRollbacks({ keep: 1 }, { divergence: { stuckAccuracyUpdates: 25 } });
    assert.deepEqual(kept(of, after(8)), [50, 80]);
    assert.equal(beforeDivergence(released(of, after(8)), { since: 56 }).at(-1)!.toUpdate, 50);
  });

  test('are what early stopping may take, as things stand and after a rollback', () => {
    const distances: Readonly<Record<number, number>> = {
      0: 9,
      10: 5,
      20: 6,
      30: 7,
      40: 3,
      50: 8,
      60: 8,
      70: 8,
    };
    let state = atStart;
    for (let from = 0; from < 70; from += 10)
      state = accepted(state, figuresOf({ fromUpdate: from, toUpdate: from + 10 }, distances));
    const of = (maxRollbacks: number) =>
      specOf(
        withStopping(
          { patience: 9 },
          { divergence: noAccuracy, checkpoints: { keep: 1 }, recovery: { maxRollbacks } },
        ),
      );
    assert.deepEqual(kept(of(0), state), [40, 70]);
    const early = { ...state, segments: state.segments.slice(0, 5) };
    assert.deepEqual(kept(of(2), early), [40, 50]);
    assert.deepEqual(kept(of(3), early), [10, 30, 40, 50], 'back to 30, the best is that of 10');
  });
});

describe('what is gone', () => {
  test('is passed over by a rollback, which goes to the nearest checkpoint before', () => {
    const gone = {
      ...after(6),
      segments: after(6).segments.map((segment, i) =>
        i === 3 || i === 4 ? { ...segment, released: true as const } : segment,
      ),
    };
    assert.equal(diverged(spec(), gone, 45).segments.length, 3);
    assert.equal(diverged(spec(), diverged(spec(), gone)).segments.length, 3);
  });

  test(
    'and is needed after all is made again from the nearest one before, whole up to there and not '
      + 'beyond',
    () => {
      const of = withoutRollbacks({ keep: 1, every: 2 });
      const state = released(of, after(7));
      assert.deepEqual(kept(of, state), [20, 40, 60, 70]);
      const back = stepBack(state, of, { sha256: state.segments[4]!.checkpoint.sha256, how: 'missing' }, at)!;
      assert.deepEqual([back.segments.length, back.wholeTo, back.again!.length], [4, 50, 3]);
      assert.match(
        back.decisions[0]!.sentence,
        /^contrast: its checkpoint of update 50 was released: back to update 40, the updates between are computed anew\.$/,
      );
      assert.deepEqual(back.decisions[0]!.details, { lostUpdate: 50, toUpdate: 40, how: 'released' });
      const again = accepted(back);
      assert.equal(again.wholeTo, undefined);
      const further = stepBack(
        back,
        of,
        { sha256: back.segments[3]!.checkpoint.sha256, how: 'damaged' },
        at,
      )!;
      assert.deepEqual(
        [further.segments.length, further.wholeTo],
        [2, 50],
        'one that is released is no place to go back to',
      );
      assert.equal(accepted(further).wholeTo, 50);
    },
  );
});
