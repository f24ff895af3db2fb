import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareDataset } from '../../../activities/datasets/prepare.ts';
import { decodeSafetensors, takeArray } from '../../../activities/safetensors.ts';
import { createToy } from '../../../models/toy/toy-density.ts';

const toy = { kind: 'toy', density: 'pinwheel', trainCount: 300, testCount: 200 } as const;
const options = { seed: 1, dataDir: null };

test('a toy set has training points, and held-out points with their exact log-density', async () => {
  const { train, test: held, ...described } = await prepareDataset(toy, options);
  assert.deepEqual(described, {
    shape: [2], trainCount: 300, testCount: 200, partial: false, source: 'pinwheel, drawn from its exact density with seed 1',
  });
  const x = takeArray(decodeSafetensors(train, 'train'), 'x', 'float32', 'train');
  assert.deepEqual(x.shape, [300, 2]);
  const decoded = decodeSafetensors(held, 'test');
  const points = takeArray(decoded, 'x', 'float32', 'test');
  assert.deepEqual(points.shape, [200, 2]);
  const { values } = takeArray(decoded, 'logDensity', 'float32', 'test');
  assert.deepEqual(values, Float32Array.from(createToy('pinwheel').logDensity(points.values)));
  assert.notDeepEqual(points.values.subarray(0, 20), x.values.subarray(0, 20));
});

test('a toy set is the same for the same seed and another for another', async () => {
  const first = await prepareDataset(toy, options);
  assert.deepEqual(await prepareDataset(toy, options), first);
  const other = await prepareDataset(toy, { ...options, seed: 2 });
  assert.notDeepEqual(other.train, first.train);
  assert.notDeepEqual(other.test, first.test);
});

test('images are packed four bytes to an int32, and say that they are a part', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'prepare-'));
  const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 9 : i % 251));
  for (const name of ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch']) {
    await writeFile(join(dataDir, `${name}.bin`), record);
  }
  try {
    const prepared = await prepareDataset({ kind: 'cifar10', allowPartial: true }, { seed: 1, dataDir });
    assert.deepEqual([prepared.trainCount, prepared.testCount, prepared.partial, prepared.shape], [5, 1, true, [32, 32, 3]]);
    assert.match(prepared.source, /5 of 50000 training and 1 of 10000 test/);
    const { shape, values } = takeArray(decodeSafetensors(prepared.test, 'test'), 'x', 'int32', 'test');
    assert.deepEqual(shape, [1, 768]);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, 4);
    assert.deepEqual([...bytes], [record[1], record[1025], record[2049], record[2]]);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test('CIFAR-10 without a folder is refused, naming the option', async () => {
  await assert.rejects(prepareDataset({ kind: 'cifar10', allowPartial: false }, options), /--data-dir/);
});
