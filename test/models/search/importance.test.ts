/** Importance of searched settings, where it is known what decides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { uniform } from '../../../models/core/random.ts';
import {
  fewestTrials,
  importances,
  ranksOf,
  shareWithin,
  type ScoredTrial,
} from '../../../models/search/importance.ts';
import { valueAt, type Parameter } from '../../../models/search/parameter.ts';

const parameters: Readonly<Record<string, Parameter>> = {
  rate: { kind: 'logUniform', min: 1e-4, max: 1e-2, points: 5 },
  depth: { kind: 'int', min: 1, max: 8, points: null },
  form: { kind: 'choice', values: ['a', 'b', 'c'] },
  nothing: { kind: 'uniform', min: 0, max: 1, points: 5 },
};

function trials(
  count: number,
  objective: (values: Readonly<Record<string, unknown>>) => number,
): ScoredTrial[] {
  const next = uniform(3, 'importance');
  return Array.from({ length: count }, () => {
    const values = Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, valueAt(parameter, next())]),
    );
    return { values, objective: objective(values) };
  });
}
const named = (found: ReturnType<typeof importances>, name: string) =>
  found.find((one) => one.name === name)!;

describe('the importance of a setting', () => {
  test('is near one where it alone decides, also where the best lies in the middle', () => {
    const found = importances(
      parameters,
      trials(200, ({ rate }) => Math.log10(Number(rate) / 1e-3) ** 2),
    );
    assert.equal(found[0]!.name, 'rate');
    assert(found[0]!.share > 0.7, `${found[0]!.share}`);
    assert(Math.abs(found[0]!.correlation!) < 0.2, 'a rank correlation does not see it');
    for (const name of ['depth', 'form', 'nothing']) assert(named(found, name).share < 0.05, name);
  });

  test('is found for values without an order too, which have no correlation', () => {
    const found = importances(
      parameters,
      trials(60, ({ form }) => ({ a: 0, b: 2, c: 1 })[form as 'a']),
    );
    assert.deepEqual([found[0]!.name, found[0]!.correlation, found[0]!.groups], ['form', null, 3]);
    assert(found[0]!.share > 0.95);
  });

  test('has the sign of what it does', () => {
    const found = importances(
      parameters,
      trials(40, ({ depth }) => -Number(depth)),
    );
    assert.equal(found[0]!.name, 'depth');
    assert(Math.abs(found[0]!.correlation! + 1) < 1e-9);
  });

  test('does not depend on how the objective is scaled', () => {
    const judged = trials(30, ({ rate, depth }) => Number(rate) * Number(depth));
    const share = (some: ScoredTrial[]): number[] => importances(parameters, some).map((one) => one.share);
    assert.deepEqual(
      share(judged.map((one) => ({ ...one, objective: Math.exp(one.objective) }))),
      share(judged),
    );
  });

  test('is on average nothing where nothing decides, and is not measured on a handful of trials', () => {
    const next = uniform(9, 'noise');
    const found = Array.from(
      { length: 50 },
      () =>
        importances(
          parameters,
          trials(24, () => next()),
        ).reduce((sum, { share }) => sum + share, 0) / 4,
    );
    assert(found.reduce((sum, share) => sum + share, 0) / 50 < 0.08);
    assert.deepEqual(
      importances(
        parameters,
        trials(fewestTrials - 1, () => next()),
      ),
      [],
    );
    assert.deepEqual(
      importances(
        parameters,
        trials(10, () => 1),
      ).map(({ share }) => share),
      [0, 0, 0, 0],
    );
  });
});

test('equal values share the mean of their ranks', () => {
  assert.deepEqual(ranksOf([30, 10, 20, 10]), [4, 1.5, 3, 1.5]);
});

test(
  'the share within groups is 0 where they alone decide, 1 where they do not, and unknown where '
    + 'nothing varies',
  () => {
    const groups = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
    assert.equal(
      shareWithin(
        groups.map((group) => group),
        groups,
      ),
      0,
      'they differ by their group alone',
    );
    assert.equal(
      shareWithin(
        groups.map((_, i) => i % 4),
        groups,
      ),
      1,
      'they differ within it alone',
    );
    assert.equal(
      shareWithin(
        groups.map(() => 3),
        groups,
      ),
      null,
      'they do not differ',
    );
  },
);
