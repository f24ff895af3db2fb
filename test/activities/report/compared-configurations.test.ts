/** Several runs of one configuration: means over seeds, and differences seed by seed on the same data. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { compareRecords, type Comparison } from '../../../activities/report/comparison/compare-records.ts';
import type { ComparableRecord } from '../../../activities/report/comparison/compared.ts';
import { renderComparison } from '../../../activities/report/comparison/render-comparison.ts';
import { colorsFor } from '../../../infra/cli/lines/colors.ts';
import { comparisonLines } from '../../../infra/cli/lines/comparison-lines.ts';
import { configurationsCsv, csvOf } from '../../../infra/cli/lines/csv-of.ts';
import { madeUpToyRun } from './made-up-run.ts';

const toy = madeUpToyRun().record;
interface Made {
  readonly lambda?: number;
  readonly seed: number;
  readonly mse?: number | string;
  readonly data?: string;
  readonly changes?: object;
}
/** A run that was completed, `data` standing for the hash of its points. */
function made(id: string, { lambda = 1, seed, mse, data = 'data', changes = {} }: Made): ComparableRecord {
  const config = { ...toy.config, seed, contrast: { ...toy.config.contrast, lambda } };
  const dataset = {
    source: 'points',
    trainCount: 1,
    testCount: 1,
    shape: [2],
    trainSha256: data,
    testSha256: data,
  };
  return {
    ...(toy as unknown as ComparableRecord),
    id,
    seed,
    config,
    dataset,
    status: 'completed',
    results: mse === undefined ? {} : { mse: { ebmFce: mse } },
    ...changes,
  };
}
const two = [
  made('a1', { seed: 1, mse: 5 }),
  made('b1', { lambda: 0, seed: 1, mse: 5.2 }),
  made('a2', { seed: 2, mse: 1 }),
  made('b2', { lambda: 0, seed: 2, mse: 1.1 }),
  made('a3', { seed: 3, mse: 3 }),
  made('b3', { lambda: 0, seed: 3, mse: 3.3 }),
];
const near = (found: number | null | undefined, expected: number): void =>
  assert.ok(Math.abs(found! - expected) < 1e-12, `${found} is not ${expected}`);
const mseOf = (of: { readonly results: Comparison['configurations'][number]['results'] }) =>
  of.results.find(({ name }) => name === 'mse.ebmFce');

describe('runs over seeds', () => {
  test('are configurations, each with the mean, deviation and interval of its results', () => {
    const { configurations } = compareRecords(two);
    assert.deepEqual(
      configurations.map(({ label, runs, seeds, settings }) => [label, runs, seeds, settings]),
      [
        ['1', ['a1', 'a2', 'a3'], [1, 2, 3], { 'contrast.lambda': 1 }],
        ['2', ['b1', 'b2', 'b3'], [1, 2, 3], { 'contrast.lambda': 0 }],
      ],
    );
    const { n, mean, deviation, interval } = mseOf(configurations[0]!)!;
    assert.deepEqual([n, mean, deviation], [3, 3, 2]);
    near(interval![0], 3 - (4.302652729749462 * 2) / Math.sqrt(3));
  });

  test('are held against each other seed by seed, where their data are the same', () => {
    const {
      differences: [one, ...more],
    } = compareRecords(two);
    assert.deepEqual([one!.of, one!.from, one!.seeds, more], ['2', '1', [1, 2, 3], []]);
    near(mseOf(one!)!.mean, 0.2);
    near(mseOf(one!)!.deviation, 0.1);
    const otherData = two.map((record) =>
      record.id === 'b2' ? made('b2', { lambda: 0, seed: 2, mse: 1.1, data: 'other' }) : record,
    );
    assert.deepEqual(compareRecords(otherData).differences[0]!.seeds, [1, 3]);
    const none = compareRecords(
      two.map((record) =>
        record.id.startsWith('b')
          ? { ...record, dataset: { ...record.dataset!, trainSha256: 'other' } }
          : record,
      ),
    );
    assert.deepEqual(none.differences, []);
    assert.ok(
      none.notes.some((note) =>
        /^No difference by seed is said of configuration 2: no seed of configuration 1 has a run there on the same data/.test(
          note,
        ),
      ),
      none.notes.join('\n'),
    );
  });

  test(
    'are no replicates where one was told or given other settings on its way, or was held against '
      + 'other statistics',
    () => {
      const decided = (what: string, details: object) => ({
        decisions: [
          { at: '2026-01-01T00:00:00Z', what, training: 'contrast', sentence: '', details },
        ] as unknown as ComparableRecord['decisions'],
      });
      const held = (file: string) => ({
        results: { frechet: { flowFce: 4, reference: { file, flowFce: 5 } } },
      });
      const groups = (...changes: object[]): number =>
        compareRecords(changes.map((one, i) => made(`r${i}`, { seed: i, mse: 1, changes: one })))
          .configurations.length;
      assert.equal(groups({}, {}), 1);
      assert.equal(
        groups({}, decided('told', { message: 'extend', updates: 1000, number: 1, update: 10 }), {}),
        2,
      );
      assert.equal(
        groups(
          {},
          decided('told', { message: 'learning-rate', player: 'flow', value: 1e-4, number: 1, update: 10 }),
          {},
        ),
        2,
      );
      assert.equal(
        groups({}, decided('resumed', { update: 20, changes: 'contrast.flow.learningRate=1e-4' }), {}),
        2,
      );
      assert.equal(
        groups(
          decided('told', { message: 'extend', updates: 9, number: 1, update: 10 }),
          decided('told', { message: 'extend', updates: 9, number: 2, update: 10 }),
        ),
        1,
        'both alike',
      );
      assert.equal(
        groups({}, decided('told', { message: 'pause', number: 1, update: 10 })),
        1,
        'a pause changes nothing',
      );
      assert.deepEqual(
        [
          groups(held('celeba.npz'), held('celeba.npz')),
          groups(held('celeba.npz'), held('cifar10.npz'), held('celeba.npz')),
        ],
        [1, 2],
      );
    },
  );

  test('that end on their way are said to', () => {
    const { notes } = compareRecords([
      made('a', { seed: 1, mse: 1, changes: { until: 2 } }),
      made('b', { seed: 1, mse: 1 }),
    ]);
    assert.ok(
      notes.includes('A ends before the whole of its contrast, as it was told (--until).'),
      notes.join('\n'),
    );
  });

  test('that failed, or whose result is not finite, are named and in no mean', () => {
    const {
      configurations: [one],
    } = compareRecords([
      ...two,
      made('a4', { seed: 4, mse: 'NaN' }),
      made('a5', { seed: 5, changes: { status: 'failed' } }),
      made('a6', { seed: 6, mse: 9, changes: { status: 'running' } }),
    ]);
    assert.deepEqual(
      [one!.seeds, mseOf(one!)!.n, mseOf(one!)!.mean, mseOf(one!)!.notFinite, mseOf(one!)!.missing],
      [[1, 2, 3, 4, 5, 6], 3, 3, ['seed 4'], ['seed 5', 'seed 6']],
    );
  });

  test('of one seed count once, by the latest that completed; fewer seeds are said', () => {
    const again = made('a1-again', { seed: 1, mse: 7, changes: { startedAt: '2030-01-01T00:00:00.000Z' } });
    const failed = made('a2-again', {
      seed: 2,
      changes: { startedAt: '2030-01-01T00:00:00.000Z', status: 'failed' },
    });
    const { configurations, notes } = compareRecords([...two.filter(({ id }) => id !== 'b3'), again, failed]);
    assert.deepEqual(
      [configurations[0]!.runs, configurations[0]!.repeated],
      [
        ['a1-again', 'a2', 'a3'],
        ['a1', 'a2-again'],
      ],
    );
    assert.ok(
      notes.includes(
        'Configuration 1: A and G repeat a seed, which counts once, by the run that began last.',
      ),
      notes.join('\n'),
    );
    assert.ok(notes.includes('Configuration 2 has 2 seeds, where others have 3.'), notes.join('\n'));
  });

  test('are none where no configuration has two', () => {
    for (const records of [two.slice(0, 2), [two[0]!, made('again', { seed: 1, mse: 5 })]]) {
      const { configurations, differences } = compareRecords(records);
      assert.deepEqual([configurations, differences], [[], []]);
    }
  });

  test('went only so far, or without baselines, or from another flow, are configurations of their own', () => {
    for (const changes of [
      { until: 10 },
      { withoutBaselines: true },
      { initialFlow: { name: 'f', source: 's', sha256: 'x', bytes: 1 } },
    ]) {
      assert.deepEqual(
        compareRecords([...two.slice(0, 3), made('a9', { seed: 9, mse: 2, changes })]).configurations.map(
          ({ runs }) => runs,
        ),
        [['a1', 'a2'], ['b1'], ['a9']],
      );
    }
  });

  test('of an earlier version, whose data are of each seed, are one configuration that says so', () => {
    const earlier = two.map((record) => {
      const { seed: _, ...dataset } = record.config!.dataset as { readonly seed?: number };
      return {
        ...record,
        config: { ...record.config!, dataset },
        dataset: { ...record.dataset!, trainSha256: `of ${record.seed}` },
      } as ComparableRecord;
    });
    const { configurations, differences, configuration, notes } = compareRecords(earlier);
    assert.deepEqual(
      configurations.map(({ seeds, settings }) => [seeds, settings]),
      [
        [[1, 2, 3], { 'contrast.lambda': 1 }],
        [[1, 2, 3], { 'contrast.lambda': 0 }],
      ],
    );
    assert.deepEqual(differences[0]!.seeds, [1, 2, 3], 'at each seed both had the same data');
    assert.deepEqual(configuration.find(({ name }) => name === 'dataset.seed')!.values, {
      a1: 1,
      b1: 1,
      a2: 2,
      b2: 2,
      a3: 3,
      b3: 3,
    });
    assert.ok(
      notes.some((note) => /^Their data differ \(dataset\.seed\)/.test(note)),
      notes.join('\n'),
    );
    assert.ok(
      notes.includes(
        'Configuration 1: each seed drew its own data, so that its deviation is of data and training together.',
      ),
      notes.join('\n'),
    );
  });
});

describe('means over seeds are shown', () => {
  const comparison = compareRecords([...two, made('a4', { seed: 4, mse: 'Infinity' })]);

  test('in the terminal', () => {
    const text = comparisonLines(comparison, Infinity, colorsFor({})).join('\n');
    assert.match(
      text,
      /\nConfiguration 1: contrast\.lambda 1\n {2}seeds 1, 2, 3, 4 \(A, C, E, G\)\n +n +mean +deviation +95 % of the mean +left out\n +mse\.ebmFce +3 +3 +2 +-1\.968 to 7\.968 +seed 4 \(not finite\)\n/,
    );
    assert.match(
      text,
      /\nConfiguration 2 minus 1, by seed, on the same data\n {2}seeds 1, 2, 3\n.*\n +mse\.ebmFce +3 +0\.2 +0\.1 +-0\.04841 to 0\.4484$/,
    );
  });

  test('as CSV, and by a column of the runs', () => {
    const rows = configurationsCsv(comparison)
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(
      rows.map((row) => row.slice(0, 5)),
      [
        ['configuration', 'seeds', 'result', 'n', 'mean'],
        ['1', '1 2 3 4', 'mse.ebmFce', '3', '3'],
        ['2', '1 2 3', 'mse.ebmFce', '3', String(mseOf(comparison.configurations[1]!)!.mean)],
        ['2 - 1', '1 2 3', 'mse.ebmFce', '3', String(mseOf(comparison.differences[0]!)!.mean)],
      ],
    );
    const runs = csvOf(comparison)
      .trim()
      .split('\n')
      .map((line) => line.split(',').at(-1));
    assert.deepEqual(runs, ['configuration', '1', '2', '1', '2', '1', '2', '1']);
    assert.ok(
      !csvOf(compareRecords(two.slice(0, 2))).includes('configuration'),
      'as it was, where there is nothing to average',
    );
  });

  test('on the page', () => {
    const { document } = parseHTML(renderComparison(comparison, new Map()));
    const cells = (id: string): (string | null)[] =>
      [...document.querySelectorAll(`#${id} tbody th, #${id} tbody td`)].map(
        ({ textContent }) => textContent,
      );
    assert.deepEqual(cells('configuration-1'), [
      'mse.ebmFce',
      '3',
      '3.000',
      '2.00',
      '−1.97 to 7.97',
      'seed 4, not finite',
    ]);
    assert.deepEqual(cells('difference-2-1').slice(0, 3), ['mse.ebmFce', '3', '0.2000']);
    assert.match(
      document.querySelector('#configuration-2-caption')!.textContent!,
      /Configuration 2: contrast\.lambda = 0; seeds 1, 2, 3 \(runs B, D, F\)\./,
    );
  });
});
