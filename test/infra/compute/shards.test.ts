import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { shardsOf } from '../../../infra/compute/shards.ts';
import { trainingSchema } from '../../../models/training-schema.ts';

const config = (more: object = {}) =>
  trainingSchema.parse({ method: 'mle', updates: 10, batchSize: 12, flow: { learningRate: 1 }, ...more });
const image = [32, 32, 3];

describe('a training of images on the CPU', () => {
  test('has as many shards as threads, where that divides its batch, else the next fewer', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 12, 64].map((threads) => shardsOf(config(), image, threads, false)),
      [1, 2, 3, 4, 4, 12, 12],
    );
  });
  test('has shards of its micro-batch where it has one', () => {
    assert.equal(shardsOf(config({ microBatch: 3 }), image, 4, false), 3);
  });
  test('has the shards it is configured to', () => {
    assert.equal(shardsOf(config({ shards: 6 }), image, 2, false), 6);
  });
});

test('points, a GPU, and a GAN have one shard', () => {
  const gan = trainingSchema.parse({
    method: 'gan',
    updates: 10,
    batchSize: 12,
    generator: { learningRate: 1 },
    discriminator: { learningRate: 1 },
  });
  assert.equal(shardsOf(gan, image, 4, false), 1);
  assert.equal(shardsOf(config(), [2], 4, false), 1);
  assert.equal(shardsOf(config(), image, 4, true), 1);
});
