import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import type { DatasetCard } from '../../../activities/datasets/dataset-card.ts';
import { hashInputs } from '../../../activities/datasets/hash-inputs.ts';
import type { ImageDatasetConfig } from '../../../activities/config/dataset-config.ts';
import {
  openImages,
  prepareImages,
  prepareToy,
  type PreparedFiles,
} from '../../../activities/datasets/prepare.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { decodeSafetensors, takeArray } from '../../../activities/formats/safetensors.ts';
import { datasetSchema } from '../../../activities/config/dataset-config.ts';
import { createToy } from '../../../models/toy/toy-density.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('prepare');
const scratch = (): string => mkdtempSync(join(folder, 'scratch-'));
const toy = { kind: 'toy', density: 'pinwheel', trainCount: 300, testCount: 200 } as const;
const silent = { signal: new AbortController().signal, onProgress: () => undefined };
const cardOf = ({ card }: PreparedFiles): DatasetCard =>
  JSON.parse(readFileSync(card, 'utf8')) as DatasetCard;

test('a toy set has training points, held-out points with their exact log-density, and a card', async () => {
  const { train, test: held, card, ...described } = await prepareToy(toy, 1, scratch(), silent);
  assert.deepEqual(described, {
    shape: [2],
    trainCount: 300,
    testCount: 200,
    partial: false,
    source: 'pinwheel, drawn from its exact density with seed 1',
    picture: null,
  });
  const x = takeArray(decodeSafetensors(readFileSync(train), 'train'), 'x', 'float32', 'train');
  assert.deepEqual(x.shape, [300, 2]);
  const decoded = decodeSafetensors(readFileSync(held), 'test');
  const points = takeArray(decoded, 'x', 'float32', 'test');
  assert.deepEqual(points.shape, [200, 2]);
  const { values } = takeArray(decoded, 'logDensity', 'float32', 'test');
  assert.deepEqual(values, Float32Array.from(createToy('pinwheel').logDensity(points.values)));
  assert.notDeepEqual(points.values.subarray(0, 20), x.values.subarray(0, 20));
  assert.deepEqual((JSON.parse(readFileSync(card, 'utf8')) as DatasetCard).counts, { train: 300, test: 200 });
});

test('a toy set is drawn piece by piece: its progress is told, and a cancellation heard', async () => {
  const large = { ...toy, trainCount: 50_000 };
  const seen: Progress[] = [];
  const ending = new AbortController();
  const onProgress = (progress: Progress): void => {
    seen.push(progress);
    if (progress.done >= 40_000) ending.abort(new Error('cancelled'));
  };
  await assert.rejects(prepareToy(large, 1, scratch(), { signal: ending.signal, onProgress }), /cancelled/);
  assert.deepEqual(
    seen.map(({ phase, done, total }) => [phase, done, total]),
    [20_000, 40_000].map((done) => ['points', done, 50_200]),
  );
  const whole = takeArray(
    decodeSafetensors(readFileSync((await prepareToy(large, 1, scratch(), silent)).train), 'train'),
    'x',
    'float32',
    'train',
  );
  assert.deepEqual(whole.values, createToy('pinwheel').sampler(1, 'pinwheel/train')(50_000));
});

test('a toy set is the same for the same seed and another for another', async () => {
  const bytes = async (seed: number) => {
    const { train, test: held, card } = await prepareToy(toy, seed, scratch(), silent);
    return [train, held, card].map((path) => readFileSync(path));
  };
  const [first, again, other] = [await bytes(1), await bytes(1), await bytes(2)];
  assert.deepEqual(again, first);
  for (const i of [0, 1, 2]) assert.notDeepEqual(other[i], first[i]);
});

const record = Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? 9 : i % 251));
async function cifarFolder(): Promise<string> {
  const dataDir = scratch();
  for (const name of [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ])
    await writeFile(join(dataDir, `${name}.bin`), record);
  return dataDir;
}
async function prepare(
  config: object,
  dataDir: string,
  life: Parameters<typeof prepareImages>[4] = silent,
): Promise<PreparedFiles> {
  const dataset = datasetSchema.parse(config) as ImageDatasetConfig;
  const source = await openImages(dataset, dataDir);
  return prepareImages(dataset, source, await hashInputs(source.inputs, life), scratch(), life);
}

test(
  'images are packed four bytes to an int32, with their labels beside them, and say that they are a '
    + 'part',
  async () => {
    const prepared = await prepare({ kind: 'cifar10', allowPartial: true }, await cifarFolder());
    assert.deepEqual(
      [prepared.trainCount, prepared.testCount, prepared.partial, prepared.shape],
      [5, 1, true, [32, 32, 3]],
    );
    assert.match(prepared.source, /5 of 50000 training and 1 of 10000 test/);
    const decoded = decodeSafetensors(readFileSync(prepared.test), 'test');
    const { shape, values } = takeArray(decoded, 'x', 'int32', 'test');
    assert.deepEqual(shape, [1, 768]);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, 4);
    assert.deepEqual([...bytes], [record[1], record[1025], record[2049], record[2]]);
    assert.deepEqual(
      [
        ...takeArray(decodeSafetensors(readFileSync(prepared.train), 'train'), 'labels', 'int32', 'train')
          .values,
      ],
      [9, 9, 9, 9, 9],
    );
  },
);

test(
  'images have a card with counts, words and the hash of every input file, and a picture of the '
    + 'first of them',
  async () => {
    const prepared = await prepare({ kind: 'cifar10', allowPartial: true }, await cifarFolder());
    const card = cardOf(prepared);
    assert.deepEqual(
      [card.counts, card.partial, card.labels, card.shape, card.values, card.decoder],
      [{ train: 5, test: 1 }, true, true, [32, 32, 3], 'uint8', null],
    );
    const sha256 = createHash('sha256').update(record).digest('hex');
    assert.deepEqual(
      card.inputs.map(({ name }) => name),
      [
        'data_batch_1.bin',
        'data_batch_2.bin',
        'data_batch_3.bin',
        'data_batch_4.bin',
        'data_batch_5.bin',
        'test_batch.bin',
      ],
    );
    for (const input of card.inputs) assert.deepEqual([input.bytes, input.sha256], [3073, sha256]);
    assert.ok(
      card.split.length > 0 && card.licence.length > 0 && card.preprocessing.length > 0,
      'the words are there',
    );
    const { data, info } = await sharp(prepared.picture!)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [3 * 34 + 2, 2 * 34 + 2]);
    const at = (2 * info.width + 2) * 3; // the first image's first pixel, inside the margin
    assert.deepEqual([...data.subarray(at, at + 3)], [record[1], record[1025], record[2049]]);
  },
);

test('progress counts the images of both splits up to their number, and an abort ends the work', async () => {
  const seen: Progress[] = [];
  await prepare({ kind: 'cifar10', allowPartial: true }, await cifarFolder(), {
    ...silent,
    onProgress: (progress) => seen.push(progress),
  });
  const images = seen.filter(({ phase }) => phase === 'images');
  assert.deepEqual(
    images.map(({ done }) => done),
    [1, 2, 3, 4, 5, 6],
  );
  assert.ok(
    images.every(({ total }) => total === 6),
    'the total is known from the start',
  );
  const aborted = { ...silent, signal: AbortSignal.abort(new Error('enough')) };
  const source = await openImages({ kind: 'cifar10', allowPartial: true }, await cifarFolder());
  await assert.rejects(
    prepareImages({ kind: 'cifar10', allowPartial: true }, source, [], scratch(), aborted),
    /enough/,
  );
});

test('hashing tells how far it is while a file is read, not only after it', async () => {
  const path = join(scratch(), 'large.bin');
  await writeFile(path, Buffer.alloc(3_000_000));
  const seen: number[] = [];
  const hashed = await hashInputs([{ name: 'large.bin', path }], {
    ...silent,
    onProgress: ({ done }) => {
      seen.push(done);
    },
  });
  assert.deepEqual(
    hashed.map(({ bytes }) => bytes),
    [3_000_000],
  );
  assert.deepEqual([...new Set(seen)], [0, 1, 2, 3]);
});

test('looking through a folder of images ends once the activity is to end', async () => {
  const ending = AbortSignal.abort(new Error('cancelled'));
  await assert.rejects(
    openImages(
      {
        kind: 'folder',
        size: 8,
        channels: 1,
        heldOut: 0.5,
        kernel: 'linear',
        maxPixels: 1e6,
        onBadImage: 'refuse',
      },
      scratch(),
      ending,
    ),
    { message: 'cancelled' },
  );
});

test('images without a folder are refused, naming the option and what belongs into it', async () => {
  await assert.rejects(
    openImages({ kind: 'cifar10', allowPartial: false }, null),
    /data_batch_1\.bin .* --data-dir/,
  );
});
