/** The seed of the data is not the run's: what stays the same, and what earlier versions asked for goes on
 *  meaning what it meant. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { canonicalHash } from '../../../activities/formats/canonical-hash.ts';
import type { DatasetConfig } from '../../../activities/config/dataset-config.ts';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { PreparedDataset } from '../../../activities/contracts/dataset.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import { dataSeedOf } from '../../../activities/config/data-seed.ts';
import type { DatasetCard } from '../../../activities/datasets/dataset-card.ts';
import type { Identity, Ports } from '../../../activities/ports/ports.ts';
import { toyDatasetSchema } from '../../../activities/config/dataset-config.ts';
import { decodeSafetensors, takeArray } from '../../../activities/formats/safetensors.ts';
import { asBegun, differences } from '../../../activities/config/same-request.ts';
import { cacheKey } from '../../../activities/step/cached-step.ts';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import { trialRequest } from '../../../activities/sweep/trial-request.ts';
import { writeRequest } from '../../../infra/client/records/run-records.ts';
import { planRemoval } from '../../../infra/gc/plan.ts';
import { layoutOf } from '../../../infra/store/layout.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import { createToy } from '../../../models/toy/toy-density.ts';
import { runDueAt } from '../../../workflows/schedule/scheduled-run.ts';
import { smallRequest } from '../../support/faults/small-run.ts';
import { temporaryFolder } from '../../support/folders.ts';

const layout = layoutOf(temporaryFolder('data-seed'));
const store = new LocalStore(layout);
const identity: Identity = {
  codeHash: async () => 'code',
  native: async () => ({}),
  environment: async () => ({}),
};
const { prepareDataset } = createActivities({ store, identity, scratch: layout.scratch } as unknown as Ports);
const prepared = (config: Pick<ExperimentConfig, 'dataset' | 'seed'>): Promise<PreparedDataset> =>
  new MockActivityEnvironment().run(prepareDataset, {
    dataset: config.dataset,
    dataDir: null,
    seed: config.seed,
    salt: null,
  }) as Promise<PreparedDataset>;
/** As an earlier version resolved it. */
function earlier(request: RunRequest): RunRequest {
  const { seed: _, ...dataset } = request.config.dataset as Extract<DatasetConfig, { kind: 'toy' }>;
  return { ...request, config: { ...request.config, dataset } };
}
const asked = (...set: string[]): RunRequest => smallRequest('run', set);
const pointsOf = async ({ train }: PreparedDataset): Promise<Float32Array> =>
  takeArray(decodeSafetensors(readFileSync(await store.path(train)), 'train'), 'x', 'float32', 'train')
    .values;

describe('the data of a density', () => {
  test("stay when the run's seed changes, and change with dataset.seed", async () => {
    const one = await prepared(asked('seed=1').config);
    const two = await prepared(asked('seed=2').config);
    const other = await prepared(asked('dataset.seed=2').config);
    assert.deepEqual([two.train.sha256, two.test.sha256], [one.train.sha256, one.test.sha256]);
    assert.deepEqual([two.key, two.reused], [one.key, true], 'they are found, not drawn again');
    assert.notEqual(other.train.sha256, one.train.sha256);
    assert.deepEqual(
      await pointsOf(other),
      createToy('eight-gaussians').sampler(2, 'eight-gaussians/train')(500),
    );
  });

  test('of a request of an earlier version are drawn from its seed, under the key of then', async () => {
    const { config } = earlier(asked('seed=7'));
    const { dataset } = config;
    const found = await prepared(config);
    assert.deepEqual(
      await pointsOf(found),
      createToy('eight-gaussians').sampler(7, 'eight-gaussians/train')(500),
    );
    assert.equal(
      found.key,
      cacheKey(
        { activity: 'prepare-dataset', spec: { dataset, seed: 7 }, salt: null },
        { code: 'code', native: {}, threads: 1 },
      ),
    );
    assert.deepEqual([dataSeedOf(config), dataSeedOf(asked('seed=7').config)], [7, 1]);
    const now = await prepared(asked('dataset.seed=7').config);
    assert.deepEqual(
      [now.key, now.reused],
      [found.key, true],
      "asked for in today's words they are the same",
    );
  });

  test('have a card that says which seed drew them, whoever asked', async () => {
    const { card, source } = await prepared(earlier(asked('seed=5')).config);
    const { source: written, config } = JSON.parse(
      readFileSync(await store.path(card), 'utf8'),
    ) as DatasetCard;
    assert.deepEqual(
      [source, written, (config as { seed?: number }).seed],
      [...Array<string>(2).fill('eight-gaussians, drawn from its exact density with seed 5'), 5],
    );
  });
});

test("what dataset.seed says of itself is that it does not follow the run's seed", () => {
  assert.match(
    toyDatasetSchema.shape.seed.description!,
    /^Seed of the points\. It does not follow the run's seed: runs that differ in their seed alone are trained on the same points\. By default it is 1, /,
  );
});

describe('a request of an earlier version', () => {
  test('keeps the data of its own seed from being collected as garbage, and no others', async () => {
    const found = await prepared(earlier(asked('seed=9')).config);
    // what is older than a run under way is not in its hands
    const startedAt = new Date(Date.now() + 60_000).toISOString();
    const isKept = async (request: RunRequest): Promise<boolean> => {
      await writeRequest(layout.out, { request: { ...request, startedAt }, address: null });
      const { remove } = await planRemoval(layout, { olderThan: -1000, keepCache: false });
      return remove.every(({ file }) => !file.endsWith(found.train.sha256));
    };
    assert.deepEqual(
      [
        await isKept(earlier(asked('seed=9'))),
        await isKept(earlier(asked('seed=10'))),
        await isKept(asked('seed=9')),
        await isKept(asked('dataset.seed=9')),
      ],
      [true, false, false, true],
    );
  });

  test('is the same as one of now on the same data, and differs by dataset.seed from one on others', () => {
    assert.deepEqual(differences(asked(), asBegun(earlier(asked()))), []);
    assert.deepEqual(differences(asked('seed=2'), earlier(asked('seed=2'))), [
      { name: 'dataset.seed', asked: 1, stored: 2 },
    ]);
    assert.deepEqual(differences(asked('seed=2', 'dataset.seed=2'), earlier(asked('seed=2'))), []);
  });

  test('of a sweep gives its trials the data and the ids that they had', () => {
    const sweepOf = (base: RunRequest): Sweep => ({
      id: 's',
      name: 's',
      parameters: { seed: { kind: 'int', min: 1, max: 3, points: null } },
      sampler: { kind: 'grid' },
      seed: 1,
      trials: 3,
      objective: { metric: 'mse.ebmFce', goal: 'minimise' },
      halving: null,
      concurrent: 1,
      pricePerHour: null,
      base,
      command: '',
    });
    const base = earlier(asked());
    const { request } = trialRequest(sweepOf(base), { trial: 1, rung: 0 }, [], 'now');
    const config = { ...base.config, seed: 2 };
    assert.deepEqual([request.config, dataSeedOf(request.config)], [config, 2]);
    assert.equal(
      request.runId,
      `s-${canonicalHash({ config, dataDir: null, features: null, reference: null }).slice(0, 12)}`,
    );
    assert.equal(
      dataSeedOf(trialRequest(sweepOf(asked()), { trial: 1, rung: 0 }, [], 'now').request.config),
      1,
      'of now they stay',
    );
  });

  test("and one of now: new seeds of a schedule are the run's alone", () => {
    const due = new Date('2026-01-02T03:04:05Z');
    const [now, then] = [asked(), earlier(asked())].map((request) => runDueAt(due, request, true).config);
    assert.deepEqual(
      [now!.seed, dataSeedOf(now!), dataSeedOf(then!)],
      [due.getTime() / 1000, 1, due.getTime() / 1000],
    );
  });
});
