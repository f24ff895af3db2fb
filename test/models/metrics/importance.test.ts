/** Against a pair of Gaussians, where every expectation of the weights is known. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { importanceEstimate } from '../../../models/metrics/importance.ts';
import { normal } from '../../../models/core/random.ts';
import { assertBelow } from '../../support/assert-below.ts';

/** p~ = exp(-x^2 / 2 s^2), whose integral is sqrt(2 pi) s, weighed on samples of q = N(0, 1). */
const s = 0.8;
const logZ = 0.5 * Math.log(2 * Math.PI) + Math.log(s);
/** E[w^2] / E[w]^2 = (2 - s^2)^(-1/2) / s, from the Gaussian integral of p~^2 / q. */
const secondMoment = 1 / (s * Math.sqrt(2 - s * s));

function weights(count: number, stream: string): Float64Array {
  const next = normal(7, stream);
  return Float64Array.from({ length: count }, () => {
    const x = next();
    return -(x * x) / (2 * s * s) + (x * x) / 2 + 0.5 * Math.log(2 * Math.PI);
  });
}

describe('a normaliser by importance sampling', () => {
  test('is the integral, within its standard error', () => {
    const { logNormalizer, standardError } = importanceEstimate(weights(200_000, 'one'));
    assertBelow(Math.abs(logNormalizer - logZ), 3 * standardError);
    assertBelow(standardError, 2e-3);
  });

  test('has a standard error that is the spread of repeated estimates', () => {
    const [count, repeats] = [400, 2000];
    const estimates = Array.from({ length: repeats }, (_, i) =>
      importanceEstimate(weights(count, `repeat ${i}`)),
    );
    const mean = estimates.reduce((sum, { logNormalizer }) => sum + logNormalizer, 0) / repeats;
    const spread = Math.sqrt(
      estimates.reduce((sum, { logNormalizer }) => sum + (logNormalizer - mean) ** 2, 0) / (repeats - 1),
    );
    const told = Math.sqrt(
      estimates.reduce((sum, { standardError }) => sum + standardError ** 2, 0) / repeats,
    );
    assertBelow(Math.abs(told / spread - 1), 0.05); // 2,000 repeats leave 1.6 %
    assertBelow(Math.abs(spread / Math.sqrt((secondMoment - 1) / count) - 1), 0.06);
  });

  test('tells how many samples count: n / E[w^2] of normalised weights', () => {
    const { effectiveSamples } = importanceEstimate(weights(200_000, 'one'));
    assertBelow(Math.abs(effectiveSamples / (200_000 / secondMoment) - 1), 0.01);
  });

  test('is exact where the weights are equal, and rests on one sample where one has all the weight', () => {
    const equal = importanceEstimate(new Float64Array(10).fill(-3000.5));
    assertBelow(Math.abs(equal.logNormalizer + 3000.5), 1e-9);
    assertBelow(Math.abs(equal.effectiveSamples - 10), 1e-9);
    assertBelow(equal.standardError, 1e-6);
    const one = importanceEstimate(Float64Array.of(5000, 0, 0, 0));
    assertBelow(Math.abs(one.logNormalizer - (5000 - Math.log(4))), 1e-9);
    assertBelow(Math.abs(one.effectiveSamples - 1), 1e-12);
    assertBelow(Math.abs(one.standardError - 1), 1e-12);
  });

  test('counts a sample without weight, and hides no NaN', () => {
    const { logNormalizer, effectiveSamples } = importanceEstimate(
      Float64Array.of(0, 0, -Infinity, -Infinity),
    );
    assertBelow(Math.abs(logNormalizer + Math.LN2), 1e-12);
    assertBelow(Math.abs(effectiveSamples - 2), 1e-12);
    assert.ok(Number.isNaN(importanceEstimate(Float64Array.of(0, NaN)).logNormalizer), 'NaN was hidden');
  });

  test('refuses a single sample, which has no spread', () => {
    assert.throws(
      () => importanceEstimate(Float64Array.of(1)),
      /at least 2 samples for a standard error, got 1/,
    );
  });
});
