import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { turnSchema } from '../../../models/fce/config.ts';
import { divergenceSchema } from '../../../models/training/config.ts';
import {
  checkDivergence,
  checkFinite,
  DivergedError,
  firstDivergenceState,
  isSuspect,
  type StepInfo,
  type DivergenceState,
  type Watched,
} from '../../../models/training/divergence.ts';
import { afterTurn, nextTurn, type Turn } from '../../../models/fce/turn.ts';
import { firstTurnState, type TurnState } from '../../../models/training/turn-state.ts';

/** The turns taken when each step answers with the metrics that `answer` gives. */
function play(
  input: unknown,
  steps: number,
  answer: (step: number) => { accuracy: number; value: number },
): Turn[] {
  const config = turnSchema.parse(input);
  let state: TurnState = firstTurnState;
  return Array.from({ length: steps }, (_, step) => {
    const turn = nextTurn(config, state);
    state = afterTurn(config, state, answer(step));
    return turn;
  });
}

describe('whose turn it is', () => {
  test('the accuracy rule trains the EBM below the threshold and the flow from it on', () => {
    const accuracies = [0.4, 0.59, 0.6, 0.9, 0.1];
    const turns = play({ kind: 'accuracy', threshold: 0.6 }, 6, (step) => ({
      accuracy: accuracies[step] ?? 0,
      value: -1,
    }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'ebm', 'flow', 'flow', 'ebm']);
  });

  test('smoothing lets a single step change the turn no more', () => {
    const answer = (step: number) => ({ accuracy: step === 3 ? 1 : 0.5, value: -1 });
    assert.ok(play({ kind: 'accuracy', threshold: 0.6 }, 6, answer).includes('flow'));
    assert.ok(!play({ kind: 'accuracy', threshold: 0.6, smoothing: 0.9 }, 6, answer).includes('flow'));
  });

  test('fixed ratios repeat whatever the metrics say', () => {
    const turns = play({ kind: 'ratio', ebm: 2, flow: 1 }, 7, (step) => ({
      accuracy: step % 2,
      value: -step,
    }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'flow', 'ebm', 'ebm', 'flow', 'ebm']);
  });

  test('the rule on V lets the flow move only while V is above the bound', () => {
    const values = [-3, -1.2, -1.5, -1.3];
    const turns = play({ kind: 'value', bound: -1.4, smoothing: 0 }, 5, (step) => ({
      accuracy: 0.5,
      value: values[step] ?? -9,
    }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'flow', 'ebm', 'flow']);
  });
});

describe('divergence', () => {
  const healthy = { value: -1.4, gradNorm: 1, accuracy: 0.6, maxSample: 3 };
  const rules = divergenceSchema.parse({
    maxValue: 100,
    stuckAccuracyUpdates: 3,
    maxSample: 10,
    maxSampleGrowth: 3,
    growthUpdates: 3,
  });
  const at = (update: number, changes: Partial<StepInfo> = {}): StepInfo => ({
    update,
    turn: 'ebm',
    moved: true,
    last: false,
    dim: 2,
    ...changes,
  });
  const diverged = (look: () => unknown): DivergedError => {
    try {
      look();
    } catch (error) {
      if (error instanceof DivergedError) return error;
      throw error;
    }
    return assert.fail('nothing was thrown');
  };
  const broken = (metrics: Partial<typeof healthy>, before: Partial<DivergenceState> = {}): DivergedError =>
    diverged(() =>
      checkDivergence(rules, at(7), { ...healthy, ...metrics }, { ...firstDivergenceState, ...before }),
    );

  test('healthy metrics pass and reset the count of stuck updates', () => {
    const { stuck, reach } = checkDivergence(rules, at(7), healthy, {
      ...firstDivergenceState,
      stuck: 2,
      reach: 1,
    });
    assert.deepEqual({ stuck, reach }, { stuck: 0, reach: 1 });
  });
  test('any non-finite metric is named', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const error = broken({ gradNorm: bad });
      assert.deepEqual([error.rule, error.of], ['non-finite', 'gradNorm']);
      assert.match(error.message, /update 7: gradNorm is/);
    }
  });
  test('so is any further output of a step, and a value of a variable', () => {
    assert.throws(
      () =>
        checkDivergence(
          rules,
          at(7),
          { ...healthy, logProb: -Infinity },
          { ...firstDivergenceState, logProb: { ...firstDivergenceState.logProb, at: 6 } },
        ),
      /logProb is -Infinity/,
    );
    assert.throws(() => checkFinite(3, { ebm: Float32Array.of(1, Number.NaN) }), /update 3: ebm is NaN/);
    checkFinite(3, { ebm: Float32Array.of(1, 2), loss: 0 });
  });
  test('|V| over the bound diverges on either side', () => {
    assert.equal(broken({ value: -101 }).rule, 'value-bound');
    assert.equal(broken({ value: 101 }).limit, 100);
  });
  test('a sample out of range diverges, and not when the rule is off', () => {
    assert.equal(broken({ maxSample: 10.5 }).rule, 'sample-range');
    assert.equal(
      checkDivergence(divergenceSchema.parse({}), at(1), { ...healthy, maxSample: 1e6 }, firstDivergenceState)
        .stuck,
      0,
    );
  });
  test('what the flow that entered throws is no divergence, and widens the range by the configured factor', () => {
    const entering = checkDivergence(
      rules,
      at(1, { moved: false }),
      { ...healthy, maxSample: 30 },
      firstDivergenceState,
    );
    assert.equal(entering.reach, 30);
    assert.equal(
      checkDivergence(rules, at(2, { moved: false }), { ...healthy, maxSample: 20 }, entering).reach,
      30,
    );
    assert.equal(checkDivergence(rules, at(3), { ...healthy, maxSample: 89 }, entering).reach, 30);
    assert.equal(broken({ maxSample: 91 }, { reach: 30 }).limit, 90);
    assert.equal(broken({ maxSample: 11 }, { reach: 1 }).limit, 10);
  });
  test(
    'accuracy at exactly 0 or 1 diverges after the configured number of updates in a row, the first of '
      + 'which is suspect',
    () => {
      assert.equal(
        checkDivergence(rules, at(1), { ...healthy, accuracy: 1 }, { ...firstDivergenceState, stuck: 1 })
          .stuck,
        2,
      );
      assert.equal(broken({ accuracy: 1 }, { stuck: 2 }).rule, 'stuck-accuracy');
      assert.equal(broken({ accuracy: 0 }, { stuck: 2 }).since, 4);
    },
  );
  test('accuracy as near to 0 or 1 as the margin says counts as there', () => {
    const wide = { ...rules, stuckAccuracyMargin: 0.05 };
    const stuck = (accuracy: number): number =>
      checkDivergence(wide, at(1), { ...healthy, accuracy }, { ...firstDivergenceState, stuck: 1 }).stuck;
    assert.deepEqual([0.05, 0.951, 0.06, 0.94].map(stuck), [2, 2, 0, 0]);
  });

  /** The watch after updates with these metrics, from update 1; the last one may be the training's. */
  const after = (
    list: readonly Partial<Watched>[],
    config: object = {},
    moment: (i: number) => Partial<StepInfo> = () => ({}),
  ): DivergenceState =>
    list.reduce<DivergenceState>(
      (watch, metrics, i) =>
        checkDivergence({ ...rules, ...config }, at(i + 1, moment(i)), { ...healthy, ...metrics }, watch),
      firstDivergenceState,
    );
  const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
  const last =
    (count: number) =>
    (i: number): Partial<StepInfo> => ({ last: i === count - 1 });

  test(
    'V far from its recent median for some updates in a row is one, on either side; the updates from '
      + 'the first of them on are suspect',
    () => {
      const error = diverged(() => after([...times(5, {}), ...times(3, { value: -60 })]));
      assert.deepEqual(
        [error.rule, error.of, error.update, error.value, error.since],
        ['value-growth', 'value', 8, -60, 5],
      );
      assert.ok(Math.abs(error.limit - (-1.4 - 10 * 2.4)) < 1e-9);
      assert.match(
        error.message,
        /^Diverged at update 8: value is -60, beyond -25.* for 3 updates in a row: divergence.maxValueGrowth = 10 times 1 \+ \|m\| from the median m = -1.4 before\.$/,
      );
      assert.equal(diverged(() => after([...times(5, {}), ...times(3, { value: 60 })])).rule, 'value-growth');
      assert.equal(after([...times(5, {}), ...times(3, { value: -25 })]).value.beyond.length, 0);
    },
  );
  test('the first values are held against the very first', () => {
    assert.equal(diverged(() => after([{}, ...times(3, { value: -60 })])).since, 1);
  });
  test('fewer in a row are chance, but in the last update of a training, which is suspect then', () => {
    const chance = [...times(5, {}), ...times(2, { value: -60 }), {}, ...times(2, { value: -60 })];
    assert.deepEqual(after(chance).value.beyond, [-60, -60]);
    const error = diverged(() => after([...times(5, {}), { value: -60 }], {}, last(6)));
    assert.deepEqual([error.rule, error.since], ['value-growth', 5]);
    assert.match(error.message, /in the last update/);
  });
  test('what is out of range does not widen it', () => {
    const { value } = after([...times(3, {}), { value: -60 }, {}, { value: -60 }, {}]);
    assert.deepEqual(value.recent, times(5, -1.4));
  });
  test('a gradient norm far above its recent median is one, each player’s by itself', () => {
    const norms = (turn: (i: number) => string) =>
      diverged(() =>
        after([...times(6, {}), ...times(6, { gradNorm: 101 })], {}, (i) => ({ turn: turn(i) })),
      );
    const alone = norms(() => 'ebm');
    assert.equal(alone.of, 'ebm');
    assert.deepEqual(
      [alone.rule, alone.update, alone.value, alone.limit, alone.since],
      ['gradient-growth', 9, 101, 100, 6],
    );
    assert.match(
      alone.message,
      /the gradient norm of ebm is 101, over 100 for 3 updates in a row: divergence\.maxGradNormGrowth = 100 times the median before\./,
    );
    const other = norms((i) => (i % 2 === 0 ? 'ebm' : 'flow'));
    assert.deepEqual(
      [other.of, other.update, other.since],
      ['ebm', 11, 5],
      'its weights have been the same since it moved before',
    );
    assert.equal(after([...times(4, {}), ...times(6, { gradNorm: 99 })]).gradNorm['ebm']!.beyond.length, 0);
    assert.equal(
      after([...times(4, {}), ...times(6, { gradNorm: 101 })], {}, (i) => ({ turn: i < 4 ? 'flow' : 'ebm' }))
        .gradNorm['ebm']!.recent.length,
      6,
    );
  });
  test('so is log q on data, measured at the flow’s moves: since the one before the first sign', () => {
    const logProbs = [-4, undefined, -4, undefined, -400, undefined, -500, undefined, -600];
    const error = diverged(() =>
      after(logProbs.map((logProb) => (logProb === undefined ? {} : { logProb }))),
    );
    assert.deepEqual(
      [error.rule, error.of, error.value, error.update, error.since],
      ['value-growth', 'logProb', -600, 9, 3],
    );
    assert.equal(after([-4, -4, -50, -50, -50].map((logProb) => ({ logProb }))).logProb.beyond.length, 0);
  });
  test('the first log q on data is held against a bound of its own, per dimension', () => {
    const error = diverged(() => after([{ logProb: -10.2 }]));
    assert.deepEqual(
      [error.rule, error.update, error.value, error.limit, error.since],
      ['lost-flow', 1, -5.1, -5, 0],
    );
    assert.match(
      error.message,
      /^Diverged at update 1: log q on data is -5\.1 nats per dimension at first, under divergence\.minFirstLogProb = -5\.$/,
    );
    assert.equal(diverged(() => after([{ logProb: -Infinity, gradNorm: Infinity }])).rule, 'lost-flow');
    assert.equal(diverged(() => after([{ logProb: Number.NaN }])).rule, 'non-finite');
    after([{ logProb: -9.8 }]);
    after([{ logProb: -9.8 }, { logProb: -10.2 }]);
    after([{ logProb: -10.2 }], { minFirstLogProb: -6 });
    after([{ logProb: -1e6 }], { minFirstLogProb: null });
    after([{ logProb: -10.2 }], {}, () => ({ dim: 3 }));
  });
  test('weights are suspect while a statistic is out of its range', () => {
    const suspects = [
      [-4, -4],
      [-4, -400],
      [-4, -400, -4],
    ].map((logProbs) => isSuspect(after(logProbs.map((logProb) => ({ logProb })))));
    assert.deepEqual(suspects, [false, true, false]);
    assert.equal(isSuspect(after([{}, { value: -60 }])), true);
    assert.equal(isSuspect(after([...times(3, {}), { gradNorm: 300 }])), true);
  });
  test('a gradient norm is held against no fewer norms than make a divergence', () => {
    const norms = (...list: number[]): DivergenceState => after(list.map((gradNorm) => ({ gradNorm })));
    assert.equal(norms(1, 300, 300, 300, 300).gradNorm['ebm']!.beyond.length, 0);
    assert.equal(norms(1, 1, 1, 300, 300).gradNorm['ebm']!.beyond.length, 2);
    assert.equal(
      after(
        [1, 300].map((gradNorm) => ({ gradNorm })),
        { growthWindow: 1 },
      ).gradNorm['ebm']!.beyond.length,
      1,
    );
  });
  test('each of the options on growth changes what counts', () => {
    const wild = [...times(5, {}), ...times(3, { value: -60, gradNorm: 150 })];
    assert.equal(after(wild, { maxValueGrowth: 30, maxGradNormGrowth: 200 }).value.beyond.length, 0);
    assert.equal(after(wild, { maxValueGrowth: null, maxGradNormGrowth: null }).value.beyond.length, 0);
    assert.equal(diverged(() => after(wild, { maxValueGrowth: null })).rule, 'gradient-growth');
    assert.equal(after(wild, { growthUpdates: 4 }).value.beyond.length, 3);
    assert.equal(after(times(9, {}), { growthWindow: 4 }).value.recent.length, 4);
    const rising = Array.from({ length: 11 }, (_, i) => ({ gradNorm: 2 ** i }));
    assert.equal(after(rising, { growthWindow: 2, maxGradNormGrowth: 10 }).gradNorm['ebm']!.beyond.length, 0);
    assert.equal(
      diverged(() => after(rising, { growthWindow: 8, maxGradNormGrowth: 10 })).rule,
      'gradient-growth',
    );
  });
  test('a bound broken or a value that is no number within such a row is traced back to its first', () => {
    const row = after([...times(4, {}), ...times(2, { value: -60 })]);
    assert.equal(broken({ value: -101 }, row).since, 4);
    assert.equal(broken({ gradNorm: Number.NaN }, row).since, 4);
    assert.equal(broken({ value: -101 }).since, 6);
  });
});
