/** What a training was told, rolled back and then given other settings: pure state, no server. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrainingCommand, ReceivedCommand } from '../../../activities/contracts/command.ts';
import type {
  Adjustment,
  Override,
  DivergenceDetails,
  SegmentResult,
  TrainingSpec,
} from '../../../activities/contracts/training.ts';
import { startingState, commandsToRepeat } from '../../../workflows/training/overrides.ts';
import { dueIn, applyCommand } from '../../../workflows/training/apply-command.ts';
import {
  accept,
  adjustmentOf,
  atStart,
  segmentBoundaries,
  gaveUpDecision,
  rollBack,
  updatesOf,
  type TrainingState,
} from '../../../workflows/training/segments.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';

const spec = {
  training: 'contrast',
  config: {
    updates: 100,
    segments: 10,
    flow: { learningRate: 1e-3 },
    ebm: { learningRate: 2e-3 },
    recovery: { maxRollbacks: 5, learningRateFactor: 0.5 },
  },
} as TrainingSpec;
const at = '2026-01-02T03:04:05.000Z';
const divergence = (update: number, since: number): DivergenceDetails => ({
  training: 'contrast',
  rule: 'value-bound',
  update,
  value: -2e5,
  limit: 1e5,
  since,
  lastGood: null,
  lastGoodUpdate: 0,
});

const told = (number: number, message: TrainingCommand): ReceivedCommand => ({ number, at, message });
const rate = (player: string, value: number): TrainingCommand => ({ kind: 'learning-rate', player, value });
const extend = (updates: number): TrainingCommand => ({ kind: 'extend', updates });

function accepted(state: TrainingState): TrainingState {
  const [done, cuts] = [state.segments.length, segmentBoundaries(spec, state)];
  const result = {
    last: {},
    weights: { raw: '', averaged: '' },
    checkpoint: { sha256: `checkpoint ${cuts[done + 1]}` },
  } as unknown as SegmentResult;
  return accept(
    state,
    { fromUpdate: cuts[done]!, toUpdate: cuts[done + 1]!, adjustment: adjustmentOf(state) },
    result,
  );
}
const after = (segments: number, state = atStart): TrainingState =>
  segments === 0 ? state : accepted(after(segments - 1, state));
const hearing = (state: TrainingState, ...messages: ReceivedCommand[]): TrainingState =>
  messages.reduce((now, message) => applyCommand(now, spec, message), state);
const adjustments = ({ segments }: TrainingState): Adjustment[] =>
  segments.map(({ adjustment }) => adjustment);

/** That training gave up, and `resume --set` came with these changes. */
function amendmentOf(state: TrainingState, ...changes: string[]): Override {
  const update = state.segments.at(-1)?.toUpdate ?? 0;
  return {
    training: 'contrast',
    changes,
    before: spec.config,
    update,
    adjustments: adjustments(state),
    decisions: [...state.decisions, gaveUpDecision(spec, divergence(update + 1, update), 0, update, at)],
  };
}

describe('a rollback to before the update at which a training was told', () => {
  test('a learning rate leaves it in force, times its own factor, also for the updates that are made anew', () => {
    const slower = after(2, hearing(after(3), told(1, rate('flow', 1e-4))));
    const back = rollBack(slower, spec, divergence(48, 15), at);
    assert.deepEqual(adjustments(back), [{ learningRateScale: 1, noiseStream: 0 }]);
    assert.deepEqual(adjustments(after(1, back)).at(-1), {
      learningRateScale: 0.5,
      noiseStream: 1,
      learningRates: { flow: 1e-4 },
    });
  });

  test('to make more updates leaves it to make as many', () => {
    const longer = after(2, hearing(after(3), told(1, extend(150))));
    const back = rollBack(longer, spec, divergence(48, 15), at);
    assert.deepEqual(
      [updatesOf(spec, back), segmentBoundaries(spec, back).at(-1), adjustmentOf(back).updates],
      [150, 150, 150],
    );
  });
});

describe('other settings after a training that was told something gave up', () => {
  const reached = after(
    1,
    hearing(after(3), told(1, rate('flow', 1e-4)), told(2, rate('ebm', 3e-4)), told(3, extend(150))),
  );

  test('replace the learning rate it was told for that player alone; all else that it was told stays', () => {
    const state = startingState(spec, [amendmentOf(reached, 'contrast.flow.learningRate=1e-5')], at);
    assert.deepEqual(state.adjustment, {
      learningRateScale: 1,
      noiseStream: 1,
      settings: 1,
      updates: 150,
      learningRates: { ebm: 3e-4 },
    });
    assert.deepEqual(
      [updatesOf(spec, state), segmentBoundaries(spec, state)],
      [150, segmentBoundaries(spec, reached)],
    );
    const others = startingState(spec, [amendmentOf(reached, 'contrast.recovery.maxRollbacks=9')], at);
    assert.deepEqual(others.adjustment.learningRates, { flow: 1e-4, ebm: 3e-4 });
    const whole = startingState(spec, [amendmentOf(reached, 'contrast.ebm={"learningRate":1e-5}')], at);
    assert.deepEqual(whole.adjustment.learningRates, { flow: 1e-4 });
  });

  test('leave the segments that were reached as they were, and nothing of before is told again', () => {
    const amendment = amendmentOf(reached, 'contrast.flow.learningRate=1e-5');
    const state = startingState(spec, [amendment], at);
    assert.deepEqual(adjustments(after(4, state)), adjustments(reached));
    assert.deepEqual(adjustmentOf(after(4, state)), state.adjustment);
    const messages = [
      ...reached.decisions.map((decision) => commandOfDecision(decision)!),
      told(4, rate('flow', 2e-5)),
    ];
    assert.deepEqual(
      commandsToRepeat(messages, [amendment]).map(({ number }) => number),
      [4],
    );
    assert.deepEqual(
      commandsToRepeat(messages, []).map(({ number }) => number),
      [1, 2, 3, 4],
    );
    assert.deepEqual(
      dueIn(after(3, state), [told(4, rate('flow', 2e-5))]),
      [],
      'told in the middle of what is gone through again',
    );
  });

  test('stay replaced when there are others later, and give way to what it is told after them', () => {
    const first = amendmentOf(reached, 'contrast.flow.learningRate=1e-5');
    const again = after(2, after(4, startingState(spec, [first], at)));
    const second = startingState(spec, [first, amendmentOf(again, 'contrast.lambda=0')], at);
    assert.deepEqual([second.adjustment.settings, second.adjustment.learningRates], [2, { ebm: 3e-4 }]);
    const toldSince = after(1, hearing(again, told(4, rate('flow', 2e-5))));
    const third = startingState(spec, [first, amendmentOf(toldSince, 'contrast.lambda=0')], at);
    assert.deepEqual(third.adjustment.learningRates, { ebm: 3e-4, flow: 2e-5 });
  });
});
