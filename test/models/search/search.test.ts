import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gridPoint, gridSize } from '../../../models/search/grid.ts';
import { normalCdf } from '../../../models/search/normal-distribution.ts';
import {
  parameterSchema,
  unitPlace,
  valueAt,
  type Parameter,
  type Parameters,
} from '../../../models/search/parameter.ts';
import { knownTo, samplerSchema, valuesOf, type Search } from '../../../models/search/sampler.ts';
import { mostAxes, sobol } from '../../../models/search/sobol.ts';
import { bestObservations, densityOf, tpePoint, type ScoredPoint } from '../../../models/search/tpe.ts';
import { uniform } from '../../../models/core/random.ts';

const parameter = (given: object): Parameter => parameterSchema.parse(given);
const rate = parameter({ kind: 'logUniform', min: 1e-4, max: 1e-1 });
const share = parameter({ kind: 'uniform', min: -1, max: 3 });
const depth = parameter({ kind: 'int', min: 2, max: 6 });
const decay = parameter({ kind: 'choice', values: ['none', 'cosine', null] });
const all: Parameters = { rate, share, depth, decay };
const near = (got: number, wanted: number, tolerance = 1e-12): void =>
  assert.ok(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${got} is not ${wanted}`);
const points = (search: Search, count: number) =>
  Array.from({ length: count }, (_, trial) => valuesOf(search, trial, []));
const searchOf = (kind: string, seed = 1): Search => ({
  parameters: all,
  sampler: samplerSchema.parse({ kind }),
  seed,
});

describe('a parameter', () => {
  test('is read off [0, 1): ends, middle and every whole number and choice in equal shares', () => {
    assert.deepEqual(
      [
        valueAt(rate, 0),
        valueAt(rate, 1 / 3),
        valueAt(share, 0.5),
        valueAt(depth, 0),
        valueAt(depth, 0.9999),
      ],
      [1e-4, 1e-3, 1, 2, 6],
    );
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 60; i += 1)
      for (const value of [valueAt(depth, i / 60), valueAt(decay, i / 60)])
        counts.set(value, (counts.get(value) ?? 0) + 1);
    assert.deepEqual(
      [...counts],
      [
        [2, 12],
        ['none', 20],
        [3, 12],
        ['cosine', 20],
        [4, 12],
        [5, 12],
        [null, 20],
        [6, 12],
      ],
    );
  });

  test('has the place that its value was read off, to the six digits of a value', () => {
    for (const one of [rate, share])
      for (const u of [0, 0.1, 0.77, 0.999]) near(unitPlace(one, valueAt(one, u)), u, 1e-5);
    for (const one of [depth, decay])
      for (const u of [0, 0.3, 0.99])
        assert.deepEqual(valueAt(one, unitPlace(one, valueAt(one, u))), valueAt(one, u));
  });

  test('is refused where its range is none, or it has a setting of another kind', () => {
    for (const bad of [
      { kind: 'uniform', min: 1, max: 1 },
      { kind: 'logUniform', min: 0, max: 1 },
      { kind: 'int', min: 0.5, max: 2 },
      { kind: 'choice', values: [] },
      { kind: 'choice', values: [1], min: 0 },
    ]) {
      assert.equal(parameterSchema.safeParse(bad).success, false, JSON.stringify(bad));
    }
  });
});

test('a grid has every combination once, its ends included', () => {
  const parameters: Parameters = {
    rate: parameter({ kind: 'logUniform', min: 1e-4, max: 1e-2, points: 3 }),
    depth,
    decay,
  };
  const cells = Array.from({ length: gridSize(parameters) }, (_, trial) => gridPoint(parameters, trial));
  assert.equal(cells.length, 3 * 5 * 3);
  assert.equal(new Set(cells.map((cell) => JSON.stringify(cell))).size, cells.length);
  assert.deepEqual(
    [cells[0], cells.at(-1)],
    [
      { rate: 1e-4, depth: 2, decay: 'none' },
      { rate: 1e-2, depth: 6, decay: null },
    ],
  );
  assert.deepEqual(gridPoint({ depth: parameter({ kind: 'int', min: 0, max: 100, points: 5 }) }, 1), {
    depth: 25,
  });
});

describe("a trial's values", () => {
  for (const kind of ['random', 'sobol', 'tpe']) {
    test(`are a function of seed and number: ${kind}`, () => {
      assert.deepEqual(valuesOf(searchOf(kind), 7, []), points(searchOf(kind), 8)[7]);
      assert.notDeepEqual(valuesOf(searchOf(kind), 7, []), valuesOf(searchOf(kind), 8, []));
      assert.notDeepEqual(valuesOf(searchOf(kind), 7, []), valuesOf(searchOf(kind, 2), 7, []));
    });
  }

  test('do not change with another parameter beside them, where they are random', () => {
    const {
      parameters: { share: _, ...fewer },
      ...search
    } = searchOf('random');
    const { share: __, ...values } = valuesOf(searchOf('random'), 3, []);
    assert.deepEqual(valuesOf({ ...search, parameters: fewer }, 3, []), values);
  });

  test('wait under TPE for the windows before their own, and for none while it starts up', () => {
    const sampler = samplerSchema.parse({ kind: 'tpe', startup: 10, window: 4 });
    assert.deepEqual(
      [0, 9, 11, 12, 15, 16, 19].map((trial) => knownTo(sampler, trial)),
      [0, 0, 0, 12, 12, 16, 16],
    );
    assert.equal(knownTo(samplerSchema.parse({ kind: 'sobol' }), 100), 0);
  });
});

describe("Sobol's points", () => {
  // scipy.stats.qmc.Sobol(16, scramble=False, bits=32), times 2^32; all of the first 8192 were compared when
  // this was written.
  const known: readonly (readonly [number, readonly number[]])[] = [
    [
      5,
      [
        3758096384, 3758096384, 536870912, 1610612736, 3758096384, 2684354560, 3758096384, 1610612736,
        1610612736, 536870912, 1610612736, 3758096384, 3758096384, 536870912, 3758096384, 1610612736,
      ],
    ],
    [
      100,
      [
        1778384896, 1107296256, 3321888768, 3120562176, 3791650816, 3187671040, 100663296, 2046820352,
        2717908992, 2986344448, 1979711488, 2919235584, 2046820352, 3657433088, 1375731712, 2113929216,
      ],
    ],
    [
      8191,
      [
        524288, 2290614272, 2154299392, 2013790208, 3666345984, 2663907328, 1182269440, 2988965888,
        2561146880, 3250061312, 1233649664, 1311244288, 3624402944, 3758620672, 612892672, 765984768,
      ],
    ],
  ];
  for (const [index, point] of known)
    test(`are those of Joe and Kuo: point ${index} on ${mostAxes} axes`, () =>
      assert.deepEqual(sobol(16, index), point));

  test('lie one in each equal part of every axis, shifted or not', () => {
    const parameters = Object.fromEntries(
      Array.from({ length: mostAxes }, (_, i) => [`p${i}`, parameter({ kind: 'uniform', min: 0, max: 1 })]),
    );
    const drawn = points({ parameters, sampler: { kind: 'sobol' }, seed: 3 }, 64);
    for (const path of Object.keys(parameters)) {
      assert.deepEqual(
        drawn.map((values) => Math.floor(Number(values[path]) * 64)).sort((a, b) => a - b),
        Array.from({ length: 64 }, (_, i) => i),
        path,
      );
    }
  });

  test('integrate a product ten times as well as random ones do', () => {
    const parameters = Object.fromEntries(
      ['a', 'b', 'c'].map((path) => [path, parameter({ kind: 'uniform', min: 0, max: 1 })]),
    );
    const error = (kind: 'sobol' | 'random'): number =>
      Math.max(
        ...[1, 2, 3, 4].map((seed) =>
          Math.abs(
            points({ parameters, sampler: { kind }, seed }, 1024).reduce(
              (sum, { a, b, c }) => sum + 8 * Number(a) * Number(b) * Number(c),
              0,
            )
              / 1024
              - 1,
          ),
        ),
      );
    assert.ok(error('sobol') < error('random') / 10, `${error('sobol')} against ${error('random')}`);
  });
});

test("the normal distribution's function is right in the middle and in the tails", () => {
  // scipy.stats.norm.cdf
  for (const [z, p] of [
    [-8, 6.22096057427174e-16],
    [-3.5, 0.00023262907903552502],
    [-1, 0.15865525393145707],
    [0, 0.5],
    [0.7, 0.758036347776927],
    [2.9, 0.998134186699616],
    [3.1, 0.9990323967867817],
  ] as const) {
    assert.ok(Math.abs(normalCdf(z) / p - 1) < 1e-12, `${z}: ${normalCdf(z)}`);
  }
});

describe('TPE', () => {
  const unit = parameter({ kind: 'uniform', min: 0, max: 1 });
  const densities = (one: Parameter, observed: readonly (number | string | null)[], at: readonly number[]) =>
    at.map((place) => densityOf(one, observed).at(place));
  // Optuna 4's _ParzenEstimator with consider_magic_clip, prior_weight 1 and default weights.
  const cases: readonly (readonly [
    string,
    Parameter,
    readonly (number | string | null)[],
    readonly number[],
    readonly number[],
  ])[] = [
    ['nothing observed', unit, [], [0.1], [0.9617293589897771]],
    [
      'one observation',
      unit,
      [0.3],
      [0, 0.25, 0.9],
      [0.9722071456953102, 1.0652534360552106, 0.86994813876876],
    ],
    [
      'three',
      unit,
      [0.7, 0.1, 0.15],
      [0.05, 0.12, 0.5, 0.99],
      [1.4097610909631504, 1.4630127668314976, 0.909350696859964, 0.5949475737028028],
    ],
    [
      'thirty, the oldest with less weight',
      unit,
      Array.from({ length: 30 }, (_, i) => (((i + 1) * 37) % 101) / 101),
      [0.05, 0.5, 0.77],
      [0.9489091338425335, 1.1139173160429905, 1.0101215873779792],
    ],
    [
      'a logarithm',
      rate,
      [1e-3, 2e-2],
      [unitPlace(rate, 1e-3), unitPlace(rate, 5e-2)],
      [0.15193404152683382, 0.13642131475812355].map((p) => p * Math.log(1000)),
    ],
    [
      'whole numbers',
      depth,
      [3, 3, 6],
      [0.1, 0.3, 0.5, 0.7, 0.9],
      [
        0.19522824318430523, 0.25204426576355204, 0.22491774677837528, 0.17653400809443373,
        0.15127573617933374,
      ],
    ],
    [
      'choices',
      decay,
      ['none', null, null],
      [0.1, 0.5, 0.9],
      [0.3333333333333333, 0.19047619047619047, 0.4761904761904762],
    ],
  ];
  for (const [what, one, observed, at, wanted] of cases) {
    test(`has Optuna's densities: ${what}`, () =>
      densities(one, observed, at).forEach((got, i) => near(got, wanted[i]!, 1e-10)));
  }

  test('has densities that integrate to 1', () => {
    const cells = 4000;
    const density = densityOf(unit, [0.02, 0.5, 0.51]);
    near(
      Array.from({ length: cells }, (_, i) => density.at((i + 0.5) / cells) / cells).reduce((a, b) => a + b),
      1,
      1e-6,
    );
    for (const one of [depth, decay]) {
      const count = one === depth ? 5 : 3;
      near(
        Array.from({ length: count }, (_, i) =>
          densityOf(one, [one === depth ? 4 : 'cosine']).at((i + 0.5) / count),
        ).reduce((a, b) => a + b),
        1,
      );
    }
  });

  test('draws as its density says', () => {
    const cases: readonly (readonly [Parameter, readonly (number | string | null)[], share: number])[] = [
      [unit, [0.1, 0.15, 0.7], 1 / 5],
      [depth, [3, 3, 6], 1 / 5],
      [decay, ['none', null, null], 1 / 3],
    ];
    for (const [one, seen, below] of cases) {
      const density = densityOf(one, seen);
      const next = uniform(5, 'draws');
      const counted =
        Array.from({ length: 10_000 }, () => density.draw(next)).filter((place) => place < below).length
        / 10_000;
      near(
        counted,
        one === unit
          ? Array.from({ length: 200 }, (_, i) => density.at((i + 0.5) / 1000) / 1000).reduce((a, b) => a + b)
          : density.at(0.1),
        0.015,
      );
    }
  });

  const observed = (loss: (x: number) => number | null): ScoredPoint[] =>
    Array.from({ length: 20 }, (_, i) => ({ values: { x: (i + 0.5) / 20 }, loss: loss((i + 0.5) / 20) }));

  test('calls a tenth of the trials the best, and those that failed the worst', () => {
    assert.deepEqual(
      [...bestObservations(observed((x) => Math.abs(x - 0.7)))].map(({ values: { x } }) => x),
      [0.675, 0.725],
    );
    assert.deepEqual(
      [...bestObservations(observed((x) => (x > 0.9 ? x : null)))].map(({ values: { x } }) => x),
      [0.925, 0.975],
    );
    assert.equal(bestObservations(observed(() => null)).size, 2);
  });

  test('looks where the best trials were, not where others were or failed', () => {
    const drawn = Array.from({ length: 50 }, (_, trial) =>
      Number(
        tpePoint(
          { x: unit },
          1,
          trial,
          observed((x) => (x < 0.5 ? null : Math.abs(x - 0.7))),
          24,
        )['x'],
      ),
    );
    assert.ok(drawn.filter((x) => Math.abs(x - 0.7) < 0.15).length >= 40, drawn.join());
  });

  test('finds the bottom of a bowl that random search is far from, in four parameters', () => {
    const loss = ({ rate: r, share: s, depth: d, decay: c }: Record<string, unknown>): number =>
      Math.log10(Number(r) / 1e-2) ** 2
      + (Number(s) - 2) ** 2
      + (Number(d) - 5) ** 2 / 4
      + (c === 'cosine' ? 0 : 1);
    const bestAfter = (kind: 'tpe' | 'random', seed: number): number => {
      const ended: ScoredPoint[] = [];
      const search = searchOf(kind, seed);
      while (ended.length < 60) {
        const values = valuesOf(search, ended.length, ended.slice(0, knownTo(search.sampler, ended.length)));
        ended.push({ values, loss: loss(values) });
      }
      return Math.min(...ended.map((one) => one.loss!));
    };
    const mean = (kind: 'tpe' | 'random'): number =>
      [1, 2, 3, 4, 5].map((seed) => bestAfter(kind, seed)).reduce((a, b) => a + b) / 5;
    assert.ok(mean('tpe') < mean('random') / 2, `${mean('tpe')} against ${mean('random')}`);
  });
});
