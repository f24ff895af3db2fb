/** What is said of a run whose figures mean little: a contrast that is dead, results that are no numbers.
 *  Healthy ones give no warning. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeResults, meaningless } from '../../../activities/health/judge-results.ts';
import { judgeTraining } from '../../../activities/health/judge-training.ts';

type Figures = Readonly<Record<string, number>>;
const healthy: Figures = {
  value: -1.2,
  accuracy: 0.7,
  'logProbShift.flow': 0.02,
  'gradNorm.ebm': 1.5,
  'gradNorm.flow': 6,
  gradNorm: 6,
};
/** A hundred lines, ten updates apart; from the line `from` on with other figures. */
const course = (ill: Figures, from = 0, count = 100): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, i) => ({
    training: 'contrast',
    update: 10 * (i + 1),
    turn: 'flow',
    ...healthy,
    ...(i >= from && ill),
  }));
const kinds = (lines: Record<string, unknown>[], more: object = {}): string[] =>
  judgeTraining('contrast', lines, { dim: 2, ...more }).map(({ what }) => what);

describe('a training', () => {
  test('that is healthy gives no warning, nor one of which single lines are wild, or its beginning', () => {
    assert.deepEqual(kinds(course({})), []);
    assert.deepEqual(
      kinds(
        course({}).map((line, i) =>
          i % 3 === 0
            ? { ...line, value: -500, accuracy: 1, 'gradNorm.flow': 9e4, 'logProbShift.flow': 400 }
            : line,
        ),
      ),
      [],
    );
    assert.deepEqual(
      kinds([
        ...course({ value: -1e-9, accuracy: 1, 'logProbShift.flow': 300 }, 0, 70),
        ...course({}).slice(70),
      ]),
      [],
    );
  });

  test('that is told apart with certainty is saturated, whose V of -1.4e-9 passes for a good one', () => {
    assert.deepEqual(kinds(course({ value: -1.4e-9, accuracy: 1 }, 60)), ['saturated']);
    assert.deepEqual(
      kinds(course({ value: -0.3, accuracy: 0.95 }, 60)),
      [],
      'an EBM that is good is not sure',
    );
    const [warning] = judgeTraining('contrast', course({ value: -1.4e-9, accuracy: 1 }, 60), { dim: 2 });
    assert.match(warning!.sentence, /^contrast, updates 810 to 1000: .*accuracy 1, V -1.4e-9/);
    assert.deepEqual(warning!.details, { fromUpdate: 810, toUpdate: 1000, value: -1.4e-9, accuracy: 1 });
  });

  test('has lost its EBM where V stays far below the -log 4 of a guess', () => {
    assert.deepEqual(kinds(course({ value: -9.6, accuracy: 0.74 }, 30)), ['lost-ebm']);
    assert.deepEqual(kinds(course({ value: -2, accuracy: 0.5 }, 30)), []);
  });

  test('moves log q too far by the number of dimensions it has', () => {
    assert.deepEqual(kinds(course({ 'logProbShift.flow': 300 }, 50)), ['log-prob-moves']);
    assert.deepEqual(kinds(course({ 'logProbShift.flow': 30 }, 50), { dim: 3072 }), []);
    assert.deepEqual(kinds(course({ 'logProbShift.flow': 65 }, 50), { dim: 3072 }), ['log-prob-moves']);
  });

  test(
    'has a gradient norm far above that of its beginning, told by player, and not where it begins with '
      + 'one',
    () => {
      const [warning, ...others] = judgeTraining(
        'contrast',
        course({ 'gradNorm.flow': 1e5, gradNorm: 1e5 }, 40),
        { dim: 2 },
      );
      assert.deepEqual(
        [warning!.what, warning!.details['of'], others.length],
        ['gradient-norm', 'gradNorm.flow', 0],
      );
      assert.deepEqual(kinds(course({ 'gradNorm.flow': 1e5 })), []);
      const likelihood = course({}).map(({ update }, i) => ({
        training: 'pretrain',
        update,
        gradNorm: i < 40 ? 2 : 5000,
      }));
      assert.deepEqual(
        judgeTraining('pretrain', likelihood, { dim: 2 }).map(({ details }) => details['of']),
        ['gradNorm'],
      );
    },
  );

  test('is judged by its last fifth, however short it is, and by three lines at least', () => {
    const dead = { value: -1e-9, accuracy: 1 };
    assert.deepEqual(
      [2, 3, 12].map((count) => kinds(course(dead, 0, count)).length),
      [0, 1, 1],
    );
    assert.deepEqual(kinds(course(dead, 9, 12)), ['saturated']);
    assert.deepEqual(kinds(course(dead, 11, 12)), []);
  });

  test('that goes on is judged once a fifth of its updates is made: a random flow is told apart at first', () => {
    const dead = { value: -1e-9, accuracy: 1 };
    assert.deepEqual(
      [10, 19, 20, 40].map((made) => kinds(course(dead, 0, made), { updates: 1000 }).length),
      [0, 0, 1, 1],
    );
  });

  test('of a GAN is none of this: its discriminator may always be right', () => {
    assert.deepEqual(judgeTraining('dcgan', course({ value: -1e-9, accuracy: 1 }), { dim: 2 }), []);
  });
});

describe('results', () => {
  const good = {
    bitsPerDim: { flowFce: 4.1, ebmFce: 4.2, worst: { flowFce: 11 } },
    samples: { nonFinite: { flowFce: 0 } },
    logNormalizer: { ebmFce: { learned: 1, importance: 1.1, effectiveSamples: 37 } },
    mse: { ebmFce: 0.002 },
    note: 'text',
  };
  const of = (results: object): string[] => judgeResults({ ...good, ...results }).map(({ what }) => what);

  test('that are numbers give no warning', () => {
    assert.deepEqual(of({}), []);
    assert.deepEqual([judgeResults(undefined), judgeResults(null), judgeResults({})], [[], [], []]);
  });

  test('that are not finite are named, nested or by dotted names', () => {
    const results = {
      bitsPerDim: { flowFce: 'Infinity' },
      reconstruction: { maxGreyLevels: { flowFce: 'NaN' } },
    };
    assert.match(
      judgeResults(results)[0]!.sentence,
      /^Not finite: bitsPerDim.flowFce \(Infinity\), reconstruction.maxGreyLevels.flowFce \(NaN\)\./,
    );
    assert.deepEqual(
      judgeResults({ 'bitsPerDim.flowFce': 'Infinity', 'reconstruction.maxGreyLevels.flowFce': 'NaN' }),
      judgeResults(results),
    );
    assert.deepEqual(of({ samples: { nonFinite: { flowFce: 28 } } }), ['not-finite']);
  });

  test('of a density worse than random bytes are named: those have 8 bits', () => {
    assert.deepEqual(of({ bitsPerDim: { flowFce: 8.01, ebmFce: 7.99 } }), ['worse-than-uniform']);
  });

  test('made of a handful of effective samples mean nothing, and are marked one by one', () => {
    const unsure = {
      logNormalizer: { ebmFce: { learned: 1, importance: 90, importanceError: 0.9, effectiveSamples: 1.02 } },
    };
    assert.deepEqual(of(unsure), ['log-normalizer']);
    assert.deepEqual(
      [...meaningless(unsure)],
      [
        'logNormalizer.ebmFce.importance',
        'logNormalizer.ebmFce.importanceError',
        'bitsPerDim.importance.ebmFce',
      ].map((name) => [name, 'means nothing (effective samples: 1)']),
    );
    assert.equal(meaningless(good).size, 0);
  });
});
