import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { headlineOf } from '../../../activities/report/headline.ts';
import { listedResults, measureHeader, resultsByModel } from '../../../activities/report/results.ts';
import { nested } from '../../../activities/record/run-record.ts';

const namesOf = (dotted: Record<string, number | string>): string[] =>
  listedResults(nested(dotted)).map(([name]) => name);

describe('results are listed', () => {
  test(
    'with headlines first, models in their order, training images before test images, and what is of '
      + 'no model at last',
    () => {
      const order = [
        'bitsPerDim.flowMle',
        'bitsPerDim.flowFce',
        'bitsPerDim.ebmFce',
        'frechet.dcgan',
        'frechet.flowMle',
        'frechet.flowFce',
        'kernel.flowFce',
        'precision.flowFce',
        'recall.flowFce',
        'bitsPerDim.median.flowFce',
        'bitsPerDim.worst.flowFce',
        'frechet.test.flowMle',
        'frechet.test.flowFce',
        'frechet.reference.flowFce',
        'logNormalizer.ebmFce.learned',
        'samples.maxAbs.flowFce',
        'anything.flowFce',
        'frechet.network',
        'precision.samples',
      ];
      const shuffled = [...order].sort((a, b) => a.length - b.length || (a < b ? 1 : -1));
      assert.deepEqual(
        namesOf(
          Object.fromEntries(shuffled.map((name) => [name, name === 'frechet.network' ? 'a.onnx' : 1])),
        ),
        order,
      );
    },
  );

  test('under names that programs take, values as they are', () => {
    assert.deepEqual(listedResults(nested({ 'mse.ebmFce': 'NaN', 'mse.flowFce': 0.25 })), [
      ['mse.flowFce', 0.25],
      ['mse.ebmFce', 'NaN'],
    ]);
    assert.deepEqual(listedResults(undefined), []);
    assert.deepEqual(listedResults({}), []);
  });

  test(
    'without the name of before where the figure has its new one; a record from before shows what it '
      + 'has',
    () => {
      const before = { 'logNormalizer.ebmFce.quadrature': -0.25, 'logNormalizer.ebmFce.learned': 0.5 };
      assert.deepEqual(namesOf({ ...before, 'logNormalizer.ebmFce.trueMinusLearned': -0.25 }), [
        'logNormalizer.ebmFce.learned',
        'logNormalizer.ebmFce.trueMinusLearned',
      ]);
      assert.deepEqual(namesOf(before).sort(), [
        'logNormalizer.ebmFce.learned',
        'logNormalizer.ebmFce.quadrature',
      ]);
    },
  );
});

test('a figure of before is a column under its new name, once', () => {
  const both = nested({
    'logNormalizer.ebmFce.quadrature': -0.25,
    'logNormalizer.ebmFce.trueMinusLearned': -0.25,
  });
  for (const results of [both, nested({ 'logNormalizer.ebmFce.quadrature': -0.25 })]) {
    assert.deepEqual(
      [...resultsByModel(results)].map(([measure, column]) => [measure, ...column]),
      [['logNormalizer.trueMinusLearned', ['ebmFce', -0.25]]],
    );
  }
  assert.equal(measureHeader('logNormalizer.trueMinusLearned'), 'True log normaliser − learned c (nats)');
});

test(
  'a run is known by the figure that its method is judged by, by the first one where it has none of '
    + 'these, and by none without results',
  () => {
    const of = (dotted: Record<string, number | string>): unknown => headlineOf(nested(dotted));
    assert.deepEqual(of({ 'mse.flowFce': 0.37, 'mse.ebmFce': 0.0021 }), {
      name: 'mse.ebmFce',
      value: 0.0021,
    });
    assert.deepEqual(
      of({
        'bitsPerDim.flowFce': 1.6,
        'frechet.flowMle': 173,
        'frechet.flowFce': 124,
        'frechet.test.flowFce': 130,
      }),
      { name: 'frechet.flowFce', value: 124 },
    );
    assert.deepEqual(of({ 'bitsPerDim.flowFce': 'NaN', 'bitsPerDim.flowMle': 4 }), {
      name: 'bitsPerDim.flowFce',
      value: 'NaN',
    });
    assert.deepEqual(of({ 'fid.vae': 90 }), { name: 'fid.vae', value: 90 });
    for (const nothing of [undefined, null, {}]) assert.equal(headlineOf(nothing), null);
  },
);
