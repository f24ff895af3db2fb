/** What a training makes of its messages: pure state, no server. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TrainingCommand, ReceivedCommand } from '../../../activities/contracts/command.ts';
import type {
  DivergenceDetails,
  SegmentResult,
  TrainingSpec,
} from '../../../activities/contracts/training.ts';
import { dueIn, applyCommand } from '../../../workflows/training/apply-command.ts';
import {
  accept,
  adjustmentOf,
  atStart,
  boundaries,
  segmentBoundaries,
  rollBack,
  stepBack,
  updatesOf,
  type TrainingState,
} from '../../../workflows/training/segments.ts';
import { samplesDecision, commandOfDecision } from '../../../workflows/shared/command-decision.ts';

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
const divergence: DivergenceDetails = {
  training: 'contrast',
  rule: 'value-bound',
  update: 33,
  value: -2e5,
  limit: 1e5,
  lastGood: null,
  lastGoodUpdate: 0,
};

const told = (number: number, message: TrainingCommand, due?: ReceivedCommand['due']): ReceivedCommand => ({
  number,
  at,
  message,
  ...(due && { due }),
});
const slower = (value = 1e-4): TrainingCommand => ({ kind: 'learning-rate', player: 'flow', value });

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
const all = (state: TrainingState): TrainingState =>
  state.segments.length === segmentBoundaries(spec, state).length - 1 ? state : all(accepted(state));

describe('a training that was told', () => {
  test(
    'another learning rate has it in the adjustment of later segments alone, beside what rollbacks '
      + 'decided',
    () => {
      const state = accepted(applyCommand(after(3), spec, told(1, slower())));
      assert.deepEqual(
        state.segments.map(({ adjustment }) => adjustment.learningRates),
        [undefined, undefined, undefined, { flow: 1e-4 }],
      );
      assert.deepEqual(rollBack(state, spec, divergence, at).adjustment, {
        learningRateScale: 0.5,
        noiseStream: 1,
        learningRates: { flow: 1e-4 },
      });
      const both = applyCommand(state, spec, told(2, { kind: 'learning-rate', player: 'ebm', value: 3e-4 }));
      assert.deepEqual(both.adjustment.learningRates, { flow: 1e-4, ebm: 3e-4 });
    },
  );

  test('to make more updates is cut as before up to there, and in segments about as long after it', () => {
    const state = applyCommand(after(4), spec, told(1, { kind: 'extend', updates: 155 }));
    assert.equal(updatesOf(spec, state), 155);
    const cuts = segmentBoundaries(spec, state);
    assert.deepEqual(cuts.slice(0, 5), [0, 10, 20, 30, 40]);
    assert.deepEqual([cuts.length, cuts.at(-1)], [17, 155]);
    assert.ok(
      cuts.every((cut, i) => i === 0 || (cut > cuts[i - 1]! && cut - cuts[i - 1]! <= 11)),
      String(cuts),
    );
    assert.deepEqual([state.adjustment.updates, all(state).segments.at(-1)!.toUpdate], [155, 155]);
    assert.equal(
      segmentBoundaries(spec, applyCommand(all(atStart), spec, told(1, { kind: 'extend', updates: 103 }))).at(
        -1,
      ),
      103,
    );
  });

  test('to make more updates twice, with a rollback to before the first in between, makes the last number', () => {
    const once = applyCommand(after(4), spec, told(1, { kind: 'extend', updates: 150 }));
    const back = rollBack(
      {
        ...rollBack(
          rollBack(rollBack(once, spec, divergence, at), spec, divergence, at),
          spec,
          divergence,
          at,
        ),
      },
      spec,
      divergence,
      at,
    );
    assert.ok(back.segments.length < 4);
    const state = all(applyCommand(back, spec, told(2, { kind: 'extend', updates: 200 })));
    const { segments } = state;
    assert.deepEqual(
      segments.map(({ toUpdate }) => toUpdate),
      segments.map((_, i) => segmentBoundaries(spec, state)[i + 1]),
    );
    assert.ok(segments.every(({ fromUpdate }, i) => fromUpdate === (segments[i - 1]?.toUpdate ?? 0)));
    assert.equal(segments.at(-1)!.toUpdate, 200);
  });

  test('anything decides so with the number of updates done, and the decision is the message again', () => {
    const messages: TrainingCommand[] = [
      { kind: 'pause' },
      { kind: 'resume' },
      { kind: 'extend', updates: 150 },
      slower(),
    ];
    const start = after(3);
    const state = messages.reduce((now, message, i) => applyCommand(now, spec, told(i + 1, message)), start);
    assert.deepEqual(
      state.decisions.map((decision) => commandOfDecision(decision)),
      messages.map((message, i) => told(i + 1, message, { update: 30, rollbacks: 0 })),
    );
    assert.deepEqual(
      state.decisions.map(({ sentence }) => sentence),
      [
        'contrast was told to pause, and holds at update 30.',
        'contrast was told to go on from update 30.',
        'contrast was told at update 30 to make 150 updates in place of 100.',
        'contrast was told a learning rate of 0.0001 for the player flow in place of 0.001, from update 30 on.',
      ],
    );
    const samples = samplesDecision('contrast', told(5, { kind: 'samples' }), 30, {
      uri: '',
      sha256: 'ab',
      bytes: 1,
    });
    assert.deepEqual(commandOfDecision(samples), told(5, { kind: 'samples' }, { update: 30, rollbacks: 0 }));
    assert.equal(
      commandOfDecision({ ...samples, details: { message: 'extend', number: 1, update: 3 } }),
      null,
    );
  });
});

describe('a message', () => {
  const earlier = [
    told(1, slower(1e-4), { update: 20, rollbacks: 0 }),
    told(2, slower(1e-5), { update: 10, rollbacks: 1 }),
  ];

  test('that has just come in is due at the next border', () => {
    assert.equal(dueIn(atStart, [told(1, slower())]).length, 1);
  });

  test('of the record is due where it took effect: after so many updates and rollbacks, and not before', () => {
    const numbers = (state: TrainingState): number[] => dueIn(state, earlier).map(({ number }) => number);
    assert.deepEqual(
      [0, 1, 2, 3].map((segments) => numbers(after(segments))),
      [[], [], [1], [1]],
    );
    const back = rollBack(rollBack(after(1), spec, divergence, at), spec, divergence, at);
    assert.deepEqual([back.segments.length, back.rollbacks, numbers(back)], [0, 2, [1, 2]], 'past its place');
    const once = { ...rollBack(after(1), spec, divergence, at), segments: [] };
    assert.deepEqual([numbers(once), numbers(accepted(once))], [[1], [1, 2]]);
  });

  test('is not due while a lost checkpoint is made up for: those segments are computed as they were', () => {
    const slow = after(2, applyCommand(after(3), spec, told(1, slower())));
    const lost = stepBack(slow, spec, { sha256: 'checkpoint 40', how: 'missing' }, at)!;
    assert.deepEqual(dueIn(lost, [told(2, slower(1e-5))]), []);
    const madeUp = after(2, lost);
    assert.deepEqual(
      madeUp.segments.map(({ adjustment }) => adjustment),
      slow.segments.map(({ adjustment }) => adjustment),
    );
    assert.equal(dueIn(madeUp, [told(2, slower(1e-5))]).length, 1);
  });

  test('leaves the cuts of a training that was told nothing as they are', () => {
    assert.deepEqual(segmentBoundaries(spec, atStart), boundaries(spec.config));
  });
});
