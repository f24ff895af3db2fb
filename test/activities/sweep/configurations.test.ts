/** A sweep over seeds is judged by configuration: what is best, what is fewer, what differs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bestOfSweep,
  configurationsOf,
  withoutSeed,
  type SweptBySeed,
} from '../../../activities/sweep/configurations.ts';
import { sweepResult, type ReportedSweep } from '../../../activities/report/sweep/sweep-result.ts';
import type { Parameter, ParameterValues } from '../../../models/search/parameter.ts';

const seed: Parameter = { kind: 'int', min: 1, max: 5, points: null };
const rate: Parameter = { kind: 'choice', values: [0.1, 0.2] };
/** By rate, the objective of seeds 1, 2 ...; null: it failed. */
type Table = readonly (readonly [rate: number, ...objectives: (number | null)[]])[];
function swept(table: Table, changes: Partial<SweptBySeed['sweep']> = {}): SweptBySeed {
  let trial = 0;
  const trials = table.flatMap(([one, ...values]) =>
    values.map((value, index) => {
      const of: ParameterValues = { rate: one, seed: index + 1 };
      return { trial: trial++, runId: `run-${one}-${index + 1}`, values: of, rungs: [{ rung: 0, value }] };
    }),
  );
  const luckiest = trials
    .filter(({ rungs }) => rungs[0]!.value !== null)
    .sort((a, b) => a.rungs[0]!.value! - b.rungs[0]!.value!)[0]!;
  return {
    sweep: {
      parameters: { rate, seed },
      objective: { goal: 'minimise' },
      halving: null,
      base: { command: 'counterflow run x' },
      ...changes,
    },
    trials,
    // as an earlier version recorded it
    best: {
      trial: luckiest.trial,
      runId: luckiest.runId,
      rung: 0,
      value: luckiest.rungs[0]!.value!,
      command: `counterflow run x --set seed=${String(luckiest.values['seed'])}`,
    },
  };
}
const rates = (of: SweptBySeed): unknown[] => configurationsOf(of)!.map(({ values }) => values['rate']);
const lucky = swept([
  [0.1, 0.01, 0.9, 0.8],
  [0.2, 0.3, 0.2, 0.4],
]);

describe('the best of a sweep over seeds', () => {
  test('is the configuration with the best mean, not that of the luckiest seed', () => {
    assert.equal(lucky.best!.value, 0.01);
    const { trial, runId, value, command, seeds, deviation, interval } = bestOfSweep(lucky)!;
    assert.deepEqual(
      [trial, runId, command, seeds],
      [3, 'run-0.2-1', 'counterflow run x --set rate=0.2', [1, 2, 3]],
    );
    assert.ok(Math.abs(value - 0.3) < 1e-12 && Math.abs(deviation! - 0.1) < 1e-12);
    // t of two degrees of freedom is 4.3027
    assert.ok(Math.abs(interval![1] - (0.3 + (4.302652729749462 * 0.1) / Math.sqrt(3))) < 1e-12);
  });

  test('has the largest mean where that is the goal', () => {
    const { runId, command } = bestOfSweep({
      ...lucky,
      sweep: { ...lucky.sweep, objective: { goal: 'maximise' } },
    })!;
    assert.deepEqual([runId, command], ['run-0.1-1', 'counterflow run x --set rate=0.1']);
  });

  test('is none with fewer seeds than another: those that failed are not left out for its good', () => {
    const failing = swept([
      [0.1, 0.01, 0.02, null],
      [0.2, 0.3, 0.2, 0.4],
    ]);
    assert.deepEqual(rates(failing), [0.2, 0.1]);
    assert.deepEqual(
      configurationsOf(failing)!.map(({ fewer, objective: { n, missing } }) => [fewer, n, missing]),
      [
        [false, 3, []],
        [true, 2, ['seed 3']],
      ],
    );
    assert.equal(bestOfSweep(failing)!.command, 'counterflow run x --set rate=0.2');
    const both = swept([
      [0.1, 0.1, null],
      [0.2, null, 0.2],
    ]);
    assert.deepEqual(
      configurationsOf(both)!.map(({ fewer, objective: { n } }) => [fewer, n]),
      [
        [false, 1],
        [false, 1],
      ],
    );
    assert.deepEqual(bestOfSweep(both)!.seeds, [1]);
  });

  test('is nothing where nothing has a result, and the trial that is recorded where no seed is swept', () => {
    const failed = swept([[0.1, 1, 2]]);
    const none = {
      ...failed,
      trials: failed.trials.map((one) => ({ ...one, rungs: [{ rung: 0, value: null }] })),
    };
    assert.equal(bestOfSweep(none), null);
    const plain = { ...lucky, sweep: { ...lucky.sweep, parameters: { rate } } };
    assert.deepEqual([configurationsOf(plain), bestOfSweep(plain)], [null, lucky.best]);
  });

  test(
    'stays the recorded trial under halving, which took single seeds further; its configurations are '
      + 'of the lowest rung',
    () => {
      const halved = swept(
        [
          [0.1, 0.01, 0.9],
          [0.2, 0.3, 0.2],
        ],
        { halving: { rungs: [10] } },
      );
      const further = {
        ...halved,
        trials: halved.trials.map((one) =>
          one.trial === 0 ? { ...one, rungs: [...one.rungs, { rung: 1, value: 0.001 }] } : one,
        ),
      };
      assert.deepEqual(bestOfSweep(further), halved.best);
      assert.ok(Math.abs(configurationsOf(further)![1]!.objective.mean! - 0.455) < 1e-12);
    },
  );
});

describe('configurations', () => {
  test('have one run for each seed, though a sampler drew one twice, and seeds in their order', () => {
    const [one] = configurationsOf({
      ...lucky,
      trials: [...lucky.trials.toReversed(), { ...lucky.trials[5]!, trial: 6 }],
    })!;
    assert.deepEqual(
      one!.trials.map((trial) => trial.seed),
      [1, 2, 3],
    );
    assert.equal(one!.objective.n, 3);
  });

  test('differ from the first seed by seed, and by nothing that is known where their data differ', () => {
    const [first, second] = configurationsOf(
      swept([
        [0.1, 5, 1, 3],
        [0.2, 5.2, 1.1, 3.3],
      ]),
    )!;
    assert.equal(first!.difference, null);
    const { n, mean, deviation } = second!.difference!;
    assert.ok(n === 3 && Math.abs(mean! - 0.2) < 1e-12 && Math.abs(deviation! - 0.1) < 1e-12);
    const ofData = swept(
      [
        [0.1, 5, 1],
        [0.2, 6, 2],
      ],
      { parameters: { rate, seed, 'dataset.seed': seed } },
    );
    assert.deepEqual(
      configurationsOf(ofData)!.map(({ difference }) => difference),
      [null, null],
    );
  });

  test('are one where the seed is all that is swept', () => {
    const alone = {
      ...lucky,
      trials: lucky.trials
        .slice(0, 3)
        .map(({ values, ...one }) => ({ ...one, values: { seed: values['seed']! } })),
    };
    const [one, ...more] = configurationsOf(alone)!;
    assert.deepEqual([one!.values, one!.objective.n, more], [{}, 3, []]);
    assert.equal(bestOfSweep(alone)!.command, 'counterflow run x');
  });
});

describe('what decides a sweep over seeds', () => {
  const reported = (table: Table): ReportedSweep => {
    const { sweep, trials, best } = swept(table);
    return {
      sweep: {
        ...sweep,
        id: 's',
        name: 's',
        seed: 1,
        trials: trials.length,
        objective: { metric: 'm', goal: 'minimise' },
        halving: null,
        command: '',
        base: { experiment: 'x' },
      },
      status: 'completed',
      best,
      trials: trials.map((one) => ({
        ...one,
        rungs: [
          {
            rung: 0,
            until: null,
            status: 'completed',
            value: one.rungs[0]!.value,
            seconds: 1,
            failure: null,
          },
        ],
      })),
    };
  };

  test('is no seed: what lies between seeds is chance', () => {
    const { importance } = sweepResult(
      reported([
        [0.1, 1, 2, 3, 4, 5],
        [0.2, 6, 7, 8, 9, 10],
      ]),
    );
    assert.deepEqual(
      importance.parameters.map(({ name }) => name),
      ['rate'],
    );
    // ranks 1..10: total 82.5, within two groups 10 each; epsilon squared = (82.5 - 20 - 20 / 8) / 82.5
    assert.ok(Math.abs(importance.parameters[0]!.share - 60 / 82.5) < 1e-12);
    assert.ok(Math.abs(importance.chance! - 22.5 / 82.5) < 1e-12);
    const { importance: noise } = sweepResult(
      reported([
        [0.1, 1, 4, 5, 8, 9],
        [0.2, 2, 3, 6, 7, 10],
      ]),
    );
    assert.equal(noise.chance, 1);
  });

  test('is not said of chance where no seed was swept, or each configuration has one', () => {
    assert.deepEqual(withoutSeed({ rate, seed }), { rate });
    const plain = reported([
      [0.1, 1, 2, 3, 4, 5],
      [0.2, 6, 7, 8, 9, 10],
    ]);
    assert.equal(
      sweepResult({ ...plain, sweep: { ...plain.sweep, parameters: { rate } } }).importance.chance,
      null,
    );
    const single = reported(Array.from({ length: 9 }, (_, i) => [i, i] as const));
    assert.equal(sweepResult(single).importance.chance, null);
  });
});
