import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compositeGaussLegendre, gaussLegendre } from '../../../models/toy/gauss-legendre.ts';
import type { ToyDensity } from '../../../models/toy/density.ts';
import { createToy, toyNames } from '../../../models/toy/toy-density.ts';

/** Centres of a grid of size^2 cells over [-extent, extent]^2. */
function grid(extent: number, size: number): Float32Array {
  const at = (i: number): number => -extent + ((i + 0.5) * 2 * extent) / size;
  return Float32Array.from({ length: 2 * size * size }, (_, k) =>
    k % 2 === 0 ? at((k >> 1) % size) : at(Math.floor((k >> 1) / size)),
  );
}

/** Pearson's statistic of a sample against the density, in units of its own standard deviation. */
function chiSquareScore(toy: ToyDensity, points: Float32Array): number {
  const [cells, fine] = [24, 10];
  const size = cells * fine;
  const density = toy.logDensity(grid(toy.extent, size));
  const cellArea = ((2 * toy.extent) / size) ** 2;
  const expected = new Float64Array(cells * cells);
  const observed = new Float64Array(cells * cells);
  const n = points.length / 2;
  density.forEach((value, k) => {
    expected[Math.floor(Math.floor(k / size) / fine) * cells + Math.floor((k % size) / fine)]! +=
      n * Math.exp(value) * cellArea;
  });
  const cell = (v: number): number => Math.floor(((v + toy.extent) / (2 * toy.extent)) * cells);
  for (let i = 0; i < n; i++) observed[cell(points[2 * i + 1]!) * cells + cell(points[2 * i]!)]! += 1;
  const used = [...expected.keys()].filter((k) => expected[k]! >= 5);
  const statistic = used.reduce((sum, k) => sum + (observed[k]! - expected[k]!) ** 2 / expected[k]!, 0);
  return (statistic - used.length) / Math.sqrt(2 * used.length);
}

for (const name of toyNames) {
  const toy = createToy(name);
  describe(name, () => {
    test('integrates to one over its square', () => {
      const size = 240;
      const total = toy.logDensity(grid(toy.extent, size)).reduce((sum, value) => sum + Math.exp(value), 0);
      const integral = total * ((2 * toy.extent) / size) ** 2;
      assert.ok(Math.abs(integral - 1) < 1e-6, `integral ${integral}`);
    });

    test('samples are distributed as the density says', () => {
      const score = chiSquareScore(toy, toy.sampler(1, 'train')(100_000));
      assert.ok(Math.abs(score) < 4, `chi-square is ${score} standard deviations off`);
    });

    test('stays inside its square, with values of order one', () => {
      const points = toy.sampler(2, 'train')(50_000);
      assert.ok(points.every((v) => Math.abs(v) < 5));
      assert.ok(toy.logDensity(points).every((v) => v > -25 && v < 2));
    });

    test('the same seed and stream repeat the points, another seed or stream gives others', () => {
      const points = toy.sampler(7, 'train')(100);
      assert.deepEqual(toy.sampler(7, 'train')(100), points);
      assert.deepEqual(toy.sampler(7, 'train')(200).subarray(0, 200), points);
      assert.notDeepEqual(toy.sampler(8, 'train')(100), points);
      assert.notDeepEqual(toy.sampler(7, 'test')(100), points);
    });
  });
}

test('a mode of the eight Gaussians has the closed-form density', () => {
  const [value] = createToy('eight-gaussians').logDensity(Float32Array.of(0, 2 * Math.SQRT2));
  assert.ok(Math.abs(value! - Math.log(8 / (2 * Math.PI) / 8)) < 1e-6);
});

test('bending keeps the density of an arm: the pinwheel at radius 2 is highest at the bend of radius 2', () => {
  const angle = Math.exp(1) / 4;
  const [value] = createToy('pinwheel').logDensity(Float32Array.of(2 * Math.cos(angle), 2 * Math.sin(angle)));
  assert.ok(Math.abs(value! - Math.log(1 / (5 * 2 * Math.PI * 0.6 * 0.2))) < 1e-6);
});

test('the spiral is exact: a rule four times as fine gives the same density', () => {
  const rule = compositeGaussLegendre(16, 256, 0, 1);
  const points = createToy('spiral').sampler(3, 'check')(200);
  const found = createToy('spiral').logDensity(points);
  found.forEach((value, i) => {
    const terms = [...rule.nodes].map(
      (s, k) =>
        2
        * s
        * rule.weights[k]!
        * Math.exp(
          -(
            (points[2 * i]! - Math.PI * s * Math.cos(3 * Math.PI * s)) ** 2
            + (points[2 * i + 1]! - Math.PI * s * Math.sin(3 * Math.PI * s)) ** 2
          )
            / (2 * 0.15 ** 2),
        ),
    );
    const reference = Math.log(terms.reduce((a, b) => a + b, 0) / (2 * Math.PI * 0.15 ** 2));
    assert.ok(Math.abs(value - reference) < 1e-10, `${value} against ${reference}`);
  });
});

test('Gauss-Legendre is exact for polynomials of degree 2n - 1', () => {
  const { nodes, weights } = gaussLegendre(5);
  const moment = (power: number): number => nodes.reduce((sum, x, i) => sum + weights[i]! * x ** power, 0);
  for (const power of [0, 2, 4, 6, 8]) assert.ok(Math.abs(moment(power) - 2 / (power + 1)) < 1e-14);
  assert.ok(Math.abs(moment(9)) < 1e-14);
});

test('an unknown density is refused with the names that are known', () => {
  assert.throws(() => createToy('moons'), /one of eight-gaussians, pinwheel, spiral, got "moons"/);
});
