import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { expectedMemory, expectedOfTraining } from '../../../infra/compute/expected-memory.ts';
import { largestDivisor, memoryRemedy, smallerSettings } from '../../../infra/compute/memory-remedies.ts';
import type { JobOf } from '../../../infra/compute/protocol.ts';
import { fceSchema, mleSchema, modelsSchema } from '../../../models/fce/config.ts';
import type { TrainingSpec } from '../../../activities/contracts/training.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('expected');
const cpu = { shards: 1, gpu: false };
const player = { learningRate: 1e-4 };
const models = modelsSchema.parse({
  flow: { kind: 'image', levels: 3, depth: 8, width: 512 },
  ebm: { kind: 'conv' },
});
const specOf = (change: object = {}) =>
  ({
    training: 'pretrain',
    config: mleSchema.parse({ method: 'mle', updates: 10, batchSize: 64, flow: player, ...change }),
    models,
    dataset: { shape: [32, 32, 3] },
  }) as unknown as TrainingSpec;
const host = (change: object = {}, place = cpu, data = 0): number =>
  expectedOfTraining(specOf(change), { train: data, test: 0 }, place).host;

describe('what a training is expected to hold', () => {
  test('grows with its batch, its data and its shards, and shrinks with the settings that errors name', () => {
    assert.ok(host() > host({ batchSize: 32 }) + 3e8);
    assert.ok(host({}, cpu, 1e8) >= host() + 2e8);
    assert.ok(host({}, { shards: 4, gpu: false }) > host());
    assert.equal(host({ microBatch: 16 }), host({ batchSize: 16 }));
    assert.ok(
      host({ recompute: 'couplings' }) < host() / 1.4,
      `${host({ recompute: 'couplings' })} of ${host()}`,
    );
  });

  test('is on the device where there is a GPU', () => {
    const { device, host: beside } = expectedOfTraining(
      specOf(),
      { train: 1e8, test: 0 },
      { shards: 1, gpu: true },
    );
    assert.ok(device > 1e9 && beside > 3e9);
    assert.equal(expectedOfTraining(specOf(), { train: 1e8, test: 0 }, cpu).device, 0);
  });

  test(
    'of a contrast is more than of a pretraining: samples pass the flow, its densities and the '
      + 'reference',
    () => {
      const config = fceSchema.parse({
        method: 'fce',
        updates: 10,
        batchSize: 64,
        flow: player,
        ebm: player,
        turn: { kind: 'ratio', ebm: 1, flow: 1 },
        reference: 'pretrained',
      });
      assert.ok(expectedOfTraining({ ...specOf(), config }, { train: 0, test: 0 }, cpu).host > 2 * host());
    },
  );
});

test(
  'what an evaluation is expected to hold grows with models, batch, samples and a feature network; a '
    + 'missing file counts nothing',
  () => {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, Buffer.alloc(10e6));
    const job = (change: object, evaluation = { samples: 1000, batchSize: 100 }) =>
      ({
        test: '',
        train: '',
        shape: [32, 32, 3],
        evaluation,
        seed: 1,
        features: null,
        models: {},
        samplers: {},
        ...change,
      }) as unknown as JobOf<'evaluate-images'>;
    const of = (one: JobOf<'evaluate-images'>): number => expectedMemory('evaluate-images', one, cpu);
    const base = of(job({}));
    assert.equal(of(job({ models: { flowMle: join(folder, 'none') } })), base);
    assert.ok(of(job({ models: { flowMle: model } })) >= base + 2e7);
    assert.ok(
      of(job({}, { samples: 50_000, batchSize: 100 })) > base + 1e8
        && of(job({}, { samples: 1000, batchSize: 200 })) > base + 1e8,
    );
    assert.ok(of(job({ features: { network: model } })) > base + 1e8);
    assert.match(memoryRemedy('evaluate-images', job({})), /evaluation\.batchSize/);
  },
);

test('the settings that make a training smaller are ones it takes', () => {
  assert.deepEqual(smallerSettings(specOf()), [
    '--set pretrain.microBatch=16',
    '--set pretrain.recompute=couplings',
  ]);
  assert.deepEqual(smallerSettings(specOf({ microBatch: 16, recompute: 'couplings' })), [
    '--set pretrain.microBatch=4',
  ]);
  assert.deepEqual(smallerSettings(specOf({ batchSize: 1, recompute: 'couplings' })), []);
  assert.deepEqual([largestDivisor(60, 16), largestDivisor(7, 3), largestDivisor(8, 0.5)], [15, 1, 1]);
});
