import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { divergenceSchema, turnSchema } from '../../../models/fce/config.ts';
import { checkDivergence, checkFinite, DivergedError, type Watch } from '../../../models/fce/divergence.ts';
import { afterTurn, firstTurnState, nextTurn, type Turn, type TurnState } from '../../../models/fce/turn.ts';

/** The turns taken when each step answers with the metrics that `answer` gives. */
function play(input: unknown, steps: number, answer: (step: number) => { accuracy: number; value: number }): Turn[] {
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
    const turns = play({ kind: 'accuracy', threshold: 0.6 }, 6, (step) => ({ accuracy: accuracies[step] ?? 0, value: -1 }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'ebm', 'flow', 'flow', 'ebm']);
  });

  test('smoothing lets a single step change the turn no more', () => {
    const answer = (step: number) => ({ accuracy: step === 3 ? 1 : 0.5, value: -1 });
    assert.ok(play({ kind: 'accuracy', threshold: 0.6 }, 6, answer).includes('flow'));
    assert.ok(!play({ kind: 'accuracy', threshold: 0.6, smoothing: 0.9 }, 6, answer).includes('flow'));
  });

  test('fixed ratios repeat whatever the metrics say', () => {
    const turns = play({ kind: 'ratio', ebm: 2, flow: 1 }, 7, (step) => ({ accuracy: step % 2, value: -step }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'flow', 'ebm', 'ebm', 'flow', 'ebm']);
  });

  test('the rule on V lets the flow move only while V is above the bound', () => {
    const values = [-3, -1.2, -1.5, -1.3];
    const turns = play({ kind: 'value', bound: -1.4, smoothing: 0 }, 5, (step) => ({ accuracy: 0.5, value: values[step] ?? -9 }));
    assert.deepEqual(turns, ['ebm', 'ebm', 'flow', 'ebm', 'flow']);
  });
});

describe('divergence', () => {
  const healthy = { value: -1.4, gradNorm: 1, accuracy: 0.6, maxSample: 3 };
  const rules = divergenceSchema.parse({ maxValue: 100, stuckAccuracyUpdates: 3, maxSample: 10, maxSampleGrowth: 3 });
  const start = { stuck: 0, reach: 0 };
  const broken = (metrics: Partial<typeof healthy>, before: Partial<Watch> = {}): DivergedError => {
    try {
      checkDivergence(rules, 7, { ...healthy, ...metrics }, { ...start, ...before }, true);
    } catch (error) {
      if (error instanceof DivergedError) return error;
      throw error;
    }
    return assert.fail('nothing was thrown');
  };

  test('healthy metrics pass and reset the count of stuck updates', () => {
    assert.deepEqual(checkDivergence(rules, 7, healthy, { stuck: 2, reach: 1 }, true), { stuck: 0, reach: 1 });
  });
  test('any non-finite metric is named', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const error = broken({ gradNorm: bad });
      assert.equal(error.rule, 'non-finite');
      assert.match(error.message, /update 7: gradNorm is/);
    }
  });
  test('so is any further output of a step, and a value of a variable', () => {
    assert.throws(() => checkDivergence(rules, 7, { ...healthy, logProb: -Infinity }, start, true), /logProb is -Infinity/);
    assert.throws(() => checkFinite(3, { ebm: Float32Array.of(1, Number.NaN) }), /update 3: ebm is NaN/);
    checkFinite(3, { ebm: Float32Array.of(1, 2), loss: 0 });
  });
  test('|V| over the bound diverges on either side', () => {
    assert.equal(broken({ value: -101 }).rule, 'value-bound');
    assert.equal(broken({ value: 101 }).limit, 100);
  });
  test('a sample out of range diverges, and not when the rule is off', () => {
    assert.equal(broken({ maxSample: 10.5 }).rule, 'sample-range');
    assert.equal(checkDivergence(divergenceSchema.parse({}), 1, { ...healthy, maxSample: 1e6 }, start, true).stuck, 0);
  });
  test('what the flow that entered throws is no divergence, and widens the range by the configured factor', () => {
    const entering = checkDivergence(rules, 1, { ...healthy, maxSample: 30 }, start, false);
    assert.equal(entering.reach, 30);
    assert.equal(checkDivergence(rules, 2, { ...healthy, maxSample: 20 }, entering, false).reach, 30);
    assert.equal(checkDivergence(rules, 3, { ...healthy, maxSample: 89 }, entering, true).reach, 30);
    assert.equal(broken({ maxSample: 91 }, { reach: 30 }).limit, 90);
    assert.equal(broken({ maxSample: 11 }, { reach: 1 }).limit, 10);
  });
  test('accuracy at exactly 0 or 1 diverges after the configured number of updates in a row', () => {
    assert.equal(checkDivergence(rules, 1, { ...healthy, accuracy: 1 }, { ...start, stuck: 1 }, true).stuck, 2);
    assert.equal(broken({ accuracy: 1 }, { stuck: 2 }).rule, 'stuck-accuracy');
    assert.equal(broken({ accuracy: 0 }, { stuck: 2 }).rule, 'stuck-accuracy');
  });
});
