import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { covarianceFacts, covarianceTolerance } from '../../../models/metrics/covariance.ts';
import { covarianceOf, statisticsOf } from '../../../models/metrics/feature-statistics.ts';
import { normal } from '../../../models/core/random.ts';

const close = (found: number, expected: number): void =>
  assert.ok(
    Math.abs(found - expected) < 1e-12 * Math.max(1, Math.abs(expected)),
    `${found} against ${expected}`,
  );

function covariance(
  images: number,
  dims: number,
  ofFeature: (value: number, feature: number) => number = (value) => value,
): Float64Array {
  const next = normal(2, `covariance ${images} ${dims}`);
  return covarianceOf(
    statisticsOf(
      Float64Array.from({ length: images * dims }, (_, i) => ofFeature(next(), i % dims)),
      dims,
    ),
  );
}

describe('the facts of a covariance', () => {
  test('are its eigenvalues, in closed form for two features', () => {
    const { least, largest, rank, varying, asymmetry } = covarianceFacts(Float64Array.of(2, 1, 1, 2), 2);
    close(least, 1);
    close(largest, 3);
    assert.deepEqual({ rank, varying, asymmetry }, { rank: 2, varying: 2, asymmetry: 0 });
  });

  test('have the rank of one image less than there are, up to all features', () => {
    for (const images of [2, 3, 8, 16, 17, 40])
      assert.equal(
        covarianceFacts(covariance(images, 16), 16).rank,
        Math.min(images - 1, 16),
        `${images} images`,
      );
  });

  test('have the same rank where features differ a million times in scale', () => {
    const scaled = (value: number, feature: number): number => value * 10 ** ((-6 * feature) / 15);
    for (const images of [4, 9, 40])
      assert.equal(
        covarianceFacts(covariance(images, 16, scaled), 16).rank,
        Math.min(images - 1, 16),
        `${images} images`,
      );
  });

  test('have it in float32 too, where rounding makes eigenvalues of 0 negative', () => {
    const rounded = Float64Array.from(Float32Array.from(covariance(9, 16)));
    const { rank, least, largest } = covarianceFacts(rounded, 16);
    assert.ok(
      least < 0 && -least < covarianceTolerance * largest,
      `${least} beside ${largest}: this test sees rounding`,
    );
    assert.equal(rank, 8);
  });

  test('tell features that never change from images that lack', () => {
    const { rank, varying } = covarianceFacts(
      covariance(40, 16, (value, feature) => (feature < 6 ? 3 : value)),
      16,
    );
    assert.deepEqual({ rank, varying }, { rank: 10, varying: 10 });
  });

  test('say where it is not symmetric', () => {
    const { asymmetry, at } = covarianceFacts(Float64Array.of(4, 1, 2, 4), 2);
    assert.deepEqual({ asymmetry, at }, { asymmetry: 0.25, at: [0, 1] });
  });

  test('of a matrix that is none show a negative eigenvalue', () => {
    close(covarianceFacts(Float64Array.of(1, 2, 2, 1), 2).least, -1);
  });
});
