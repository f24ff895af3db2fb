import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { kernelDistance } from '../../../models/metrics/kernel-distance.ts';
import { shareInside, supportOf } from '../../../models/metrics/precision-recall.ts';
import { normal } from '../../../models/core/random.ts';

const gaussian = (count: number, dims: number, stream: string, shift = 0): Float64Array => {
  const next = normal(1, stream);
  return Float64Array.from({ length: count * dims }, () => next() + shift);
};
const options = { dims: 1, seed: 3 };

describe('the kernel distance', () => {
  test('of two pairs of numbers is the formula', async () => {
    const [a, b, c, d] = [1, 2, -1, 0.5];
    const k = (x: number, y: number): number => (x * y + 1) ** 3;
    const expected = k(a, b) + k(c, d) - (k(a, c) + k(a, d) + k(b, c) + k(b, d)) / 2;
    const { mean, deviation } = await kernelDistance(Float64Array.of(a, b), Float64Array.of(c, d), options);
    assert.ok(Math.abs(mean - expected) < 1e-12, `${mean} against ${expected}`);
    assert.ok(deviation < 1e-12, 'subsets that are the whole sets are all alike');
  });

  test(
    'is without bias: of sets from one distribution it is 0 within its error, from two it is that of '
      + 'their moments',
    async () => {
      const subsets = { dims: 1, seed: 1, subsets: 200, subsetSize: 100 };
      const same = await kernelDistance(gaussian(20_000, 1, 'a'), gaussian(20_000, 1, 'b'), subsets);
      assert.ok(
        Math.abs(same.mean) < (4 * same.deviation) / Math.sqrt(200),
        `${same.mean}, ${same.deviation}`,
      );
      // k is 1 + 3 xy + 3 (xy)^2 + (xy)^3: MMD^2 = 3 (m1 - m1')^2 + 3 (m2 - m2')^2 + (m3 - m3')^2, raw
      // moments 0, 1, 0 and 1, 2, 4
      const other = await kernelDistance(gaussian(20_000, 1, 'a'), gaussian(20_000, 1, 'b', 1), subsets);
      assert.ok(
        Math.abs(other.mean - 22) < (4 * other.deviation) / Math.sqrt(200),
        `${other.mean}, ${other.deviation}`,
      );
    },
  );

  test('is the same for the same seed, another for another', async () => {
    const sets = [gaussian(60, 2, 'a'), gaussian(50, 2, 'b')] as const;
    const of = (seed: number) => kernelDistance(...sets, { dims: 2, seed, subsets: 3, subsetSize: 20 });
    assert.deepEqual(await of(1), await of(1));
    assert.notDeepEqual(await of(1), await of(2));
  });

  test('refuses a single sample', () =>
    assert.rejects(
      kernelDistance(Float64Array.of(1), Float64Array.of(1, 2), options),
      /at least two samples of each set, got 1 and 2/,
    ));
});

describe('precision and recall', () => {
  const of = async (real: Float64Array, made: Float64Array, dims: number) => {
    const [data, samples] = [await supportOf(real, dims), await supportOf(made, dims)];
    return { precision: await shareInside(samples, data), recall: await shareInside(data, samples) };
  };

  test('on a line are counted by hand', async () => {
    // distances to the third neighbour: 3, 2, 2, 3 of the data; 1, 1.1, 1.9, 96.9 and 1.9 of the samples
    const found = await of(Float64Array.of(0, 1, 2, 3), Float64Array.of(3.1, 3.2, 4, 100, 2.1), 1);
    const radii = (await supportOf(Float64Array.of(0, 1, 2, 3), 1)).radii;
    assert.deepEqual([...radii], [9, 4, 4, 9]);
    assert.equal(found.precision, 4 / 5, '100 is outside');
    assert.equal(found.recall, 3 / 4, '0 is in no ball: 2.1 reaches to 0.2, and 100 to 3.1');
  });

  test('of one set are both 1, of sets far apart both 0', async () => {
    const rows = gaussian(600, 3, 'rows');
    assert.deepEqual(await of(rows, rows, 3), { precision: 1, recall: 1 });
    assert.deepEqual(
      await of(
        rows,
        rows.map((v) => v + 1000),
        3,
      ),
      { precision: 0, recall: 0 },
    );
  });

  test('tell a set that leaves half of the data out: precise, with little recall', async () => {
    const both = gaussian(400, 2, 'both').map((v, i) => (i % 4 < 2 ? v : v + 50));
    const half = gaussian(400, 2, 'half');
    const { precision, recall } = await of(both, half, 2);
    assert.ok(precision > 0.9 && recall > 0.4 && recall < 0.6, `${precision}, ${recall}`);
  });

  test('refuse as few samples as neighbours', () =>
    assert.rejects(supportOf(Float64Array.of(1, 2, 3), 1), /at least 4 samples of each set, got 3/));
});
