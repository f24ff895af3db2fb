import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { pairedDifference, summarise, type Replicate } from '../../../models/metrics/replicates.ts';
import { studentT } from '../../../models/metrics/student-t.ts';
import { normal } from '../../../models/core/random.ts';

const python = process.env['COUNTERFLOW_PYTHON'] ?? 'python3';
const noScipy = spawnSync(python, ['-c', 'import scipy']).status === 0 ? false : 'no Python with scipy';
const peer = (code: string): number[] =>
  JSON.parse(
    spawnSync(python, ['-c', `import json\nfrom scipy import stats\nprint(json.dumps(${code}))`], {
      encoding: 'utf8',
    }).stdout,
  ) as number[];
const near = (found: number | null, expected: number, tolerance = 1e-12): void =>
  assert.ok(
    found !== null && Math.abs(found - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${found} is not ${expected}`,
  );
const of = (...values: (number | null)[]): Replicate[] =>
  values.map((value, index) => ({ name: `seed ${index + 1}`, value }));

describe("Student's t", () => {
  test('has the closed forms of one and two degrees of freedom', () => {
    for (const level of [0.1, 0.5, 0.9, 0.95, 0.99]) {
      near(studentT(level, 1), Math.tan((Math.PI * level) / 2));
      near(studentT(level, 2), level * Math.sqrt(2 / (1 - level ** 2)));
    }
  });

  test('has the values of printed tables, and comes to the normal distribution', () => {
    for (const [freedom, at95, at99] of [
      [1, 12.706, 63.657],
      [2, 4.303, 9.925],
      [3, 3.182, 5.841],
      [4, 2.776, 4.604],
      [5, 2.571, 4.032],
      [9, 2.262, 3.25],
      [30, 2.042, 2.75],
      [100, 1.984, 2.626],
    ] as const) {
      assert.deepEqual(
        [studentT(0.95, freedom), studentT(0.99, freedom)].map((t) => Number(t.toFixed(3))),
        [at95, at99],
        `${freedom}`,
      );
    }
    near(studentT(0.95, 100_000), 1.959964, 2e-5);
  });

  test('refuses what it is not defined for', () => {
    for (const freedom of [0, 1.5, -1, NaN, Infinity])
      assert.throws(() => studentT(0.95, freedom), {
        name: 'DataError',
        message: /degrees of freedom to be a whole number from 1 on, got/,
      });
    for (const level of [0, 1, NaN]) assert.throws(() => studentT(level, 3), { name: 'DataError' });
  });

  test('agrees with scipy', { skip: noScipy }, () => {
    const freedoms = [1, 2, 3, 4, 5, 6, 7, 9, 14, 29, 30, 100, 999];
    for (const [index, expected] of peer(
      `[float(stats.t.ppf(0.975, k)) for k in ${JSON.stringify(freedoms)}]`,
    ).entries())
      near(studentT(0.95, freedoms[index]!), expected, 1e-11);
  });
});

describe('replicates', () => {
  test('have mean, deviation and interval: five seeds worked out by scipy 1.17.1', () => {
    const { n, mean, deviation, interval, missing, notFinite } = summarise(
      of(0.00212, 0.00239, 0.00182, 0.0031, 0.00205),
    );
    assert.deepEqual([n, missing, notFinite], [5, [], []]);
    for (const [found, expected] of [
      [mean, 0.002296],
      [deviation, 0.0004932849075331618],
      [interval![0], 0.0016835058894588005],
      [interval![1], 0.0029084941105412],
    ] as const)
      near(found, expected, 1e-15);
  });

  test('of two values are worked out by hand', () => {
    const { mean, deviation, interval } = summarise(of(1, 3));
    assert.deepEqual([mean, deviation], [2, Math.SQRT2]);
    // s / sqrt(2) = 1, and t of one degree of freedom is tan(0.475 pi)
    near(interval![1] - 2, Math.tan(0.475 * Math.PI));
    near(2 - interval![0], Math.tan(0.475 * Math.PI));
  });

  test('of one have no deviation and no interval, of none no mean', () => {
    assert.deepEqual(summarise(of(0.5)), {
      n: 1,
      mean: 0.5,
      deviation: null,
      interval: null,
      missing: [],
      notFinite: [],
    });
    assert.deepEqual(summarise([]), {
      n: 0,
      mean: null,
      deviation: null,
      interval: null,
      missing: [],
      notFinite: [],
    });
  });

  test('that are not finite, or have no value, are named and in no figure', () => {
    const all = summarise(of(1, NaN, 3, null, Infinity, -Infinity));
    assert.deepEqual({ ...all, missing: [], notFinite: [] }, summarise(of(1, 3)));
    assert.deepEqual([all.missing, all.notFinite], [['seed 4'], ['seed 2', 'seed 5', 'seed 6']]);
    assert.deepEqual(summarise(of(NaN, null)).mean, null);
  });

  test('that are equal have exactly that mean and no deviation; large and far ones keep their digits', () => {
    for (const value of [0.1, 1e300, -7]) {
      const { mean, deviation } = summarise(of(...Array<number>(10).fill(value)));
      assert.deepEqual([mean, deviation], [value, 0]);
    }
    near(summarise(of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16)).deviation, 5.477225575051661, 1e-15);
    near(summarise(of(1e200, 3e200)).deviation! / 1e200, Math.SQRT2);
  });

  test('their interval holds the truth as often as it says', () => {
    const next = normal(1, 'replicates');
    const drawn = Array.from(
      { length: 4000 },
      () => summarise(of(...Array.from({ length: 4 }, next))).interval!,
    );
    const share = drawn.filter(([low, high]) => low <= 0 && high >= 0).length / drawn.length;
    // four standard errors of a share of 4,000
    assert.ok(Math.abs(share - 0.95) < 4 * Math.sqrt((0.95 * 0.05) / 4000), String(share));
  });

  test('agree with scipy', { skip: noScipy }, () => {
    const next = normal(2, 'replicates');
    for (const count of [2, 3, 5, 17]) {
      const values = Array.from({ length: count }, () => 3 + next());
      const [low, high] = peer(
        `[float(v) for v in stats.t.interval(0.95, ${count - 1}, `
          + `loc=stats.tmean(${JSON.stringify(values)}), scale=stats.sem(${JSON.stringify(values)}))]`,
      );
      const { interval } = summarise(of(...values));
      near(interval![0], low!, 1e-11);
      near(interval![1], high!, 1e-11);
    }
  });
});

describe('paired differences', () => {
  const a = of(0.00212, 0.00239, 0.00182, 0.0031, 0.00205);
  const b = of(0.00195, 0.00232, 0.00198, 0.0028, 0.0021);

  test('are of a - b, name by name: worked out by ttest_rel of scipy 1.17.1', () => {
    const { n, mean, deviation, interval } = pairedDifference(a, b.toReversed());
    assert.equal(n, 5);
    for (const [found, expected] of [
      [mean, 6.6e-5],
      [deviation, 0.0001803607496103295],
      [interval![0], -0.00015794744948018964],
      [interval![1], 0.0002899474494801898],
    ] as const)
      near(found, expected, 1e-15);
  });

  test(
    'are of the names that both have; a pair of which one has no value, or none that is finite, is '
      + 'named',
    () => {
      const found = pairedDifference(
        [...a, { name: 'seed 9', value: 4 }],
        [{ name: 'seed 1', value: null }, { name: 'seed 2', value: NaN }, ...b.slice(2)],
      );
      assert.deepEqual([found.n, found.missing, found.notFinite], [3, ['seed 1'], ['seed 2']]);
      assert.equal(pairedDifference(a, []).n, 0);
    },
  );

  test('see what the spread of the seeds hides', () => {
    const noise = [5, -3, 1, 8, -6];
    const [one, other] = [of(...noise), of(...noise.map((value, i) => value + 0.1 + 0.01 * i))];
    const [low, high] = pairedDifference(other, one).interval!;
    assert.ok(low > 0.09 && high < 0.15, `${low} to ${high}`);
    assert.ok(summarise(other).interval![0] < summarise(one).interval![1], 'by themselves they overlap');
  });
});
