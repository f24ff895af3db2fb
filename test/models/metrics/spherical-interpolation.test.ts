import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sphericalInterpolation } from '../../../models/metrics/spherical-interpolation.ts';
import { normal } from '../../../models/core/random.ts';
import { assertBelow } from '../../support/assert-below.ts';

const next = normal(1, 'latents');
const latent = (): Float32Array => Float32Array.from({ length: 300 }, next);
const norm = (v: Float32Array): number => Math.hypot(...v);
const apart = (a: Float32Array, b: Float32Array): number => norm(a.map((value, i) => value - b[i]!));

describe('an interpolation between latents', () => {
  test('begins and ends at the two', () => {
    const [a, b] = [latent(), latent()];
    assertBelow(apart(sphericalInterpolation(a, b, 0), a), 1e-5);
    assertBelow(apart(sphericalInterpolation(a, b, 1), b), 1e-5);
  });

  test('keeps the norm of latents of one norm, at even angles', () => {
    const points = [0, 0.25, 0.5, 0.75, 1].map((t) =>
      sphericalInterpolation(Float32Array.of(3, 0), Float32Array.of(0, 3), t),
    );
    points.forEach((point, i) => {
      assertBelow(Math.abs(norm(point) - 3), 1e-5);
      assertBelow(Math.abs(Math.atan2(point[1]!, point[0]!) - (i * Math.PI) / 8), 1e-5);
    });
  });

  test('stays among the norms of its ends, where a straight line falls to 1 / sqrt(2)', () => {
    const [a, b] = [latent(), latent()];
    assertBelow(Math.abs(norm(sphericalInterpolation(a, b, 0.5)) / norm(a) - 1), 0.1);
  });

  test('is a straight line between latents of one direction, and from zero', () => {
    assert.deepEqual(
      sphericalInterpolation(Float32Array.of(1, 1), Float32Array.of(3, 3), 0.5),
      Float32Array.of(2, 2),
    );
    assert.deepEqual(
      sphericalInterpolation(Float32Array.of(0, 0), Float32Array.of(3, 3), 0.5),
      Float32Array.of(1.5, 1.5),
    );
  });

  test('refuses latents of two sizes', () => {
    assert.throws(
      () => sphericalInterpolation(new Float32Array(2), new Float32Array(3), 0.5),
      /latents of one size, got 2 and 3/,
    );
  });
});
