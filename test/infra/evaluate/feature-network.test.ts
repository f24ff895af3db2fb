/** The real CIFAR-10 classifier of ../shared, where it is: it tells whether images reach a feature network as
 *  it expects them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { cifar10Shape, openCifar10 } from '../../../activities/datasets/cifar10.ts';
import { meter } from '../../../infra/compute/evaluate/batches.ts';
import { openFeatureNetwork } from '../../../infra/compute/evaluate/feature-network.ts';
import { inMemory } from '../../../infra/compute/evaluate/images.ts';
import { createOnnxRuntime } from '../../../infra/compute/evaluate/onnx-runtime.ts';
import { toPlanes } from '../../../infra/compute/evaluate/pixels.ts';
import { frechetDistance, gaussianOf } from '../../../models/metrics/frechet.ts';
import { uniform } from '../../../models/core/random.ts';
import { collect } from '../../support/collect.ts';

const [network, data] = ['../shared/data/features/resnet20_cifar10.onnx', '../shared/data/cifar10'];
const absent = [network, data].find((path) => !existsSync(path));
const count = 160;
const imageBytes = 3072;

test('images become planes of red, green and blue', () => {
  assert.deepEqual(
    [...toPlanes(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), [1, 2, 3])],
    [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12],
  );
});

describe('a real feature network', { skip: absent ? `${absent} is not here` : false }, () => {
  test('recognises real images: channels, order and range are right', async () => {
    const { test: split } = await openCifar10(data, { allowPartial: true });
    const images = Buffer.concat(await collect(split.images())).subarray(0, count * imageBytes);
    const labels = (await split.labels())!;
    const model = await createOnnxRuntime(2).open(network);
    const { logits } = await model.run(toPlanes(images, cifar10Shape), [count, 3, 32, 32], ['logits']);
    const classOf = (i: number): number => {
      const row = logits.subarray(10 * i, 10 * i + 10);
      return row.indexOf(Math.max(...row));
    };
    const right = Array.from({ length: count }, (_, i) => classOf(i) === labels[i]).filter(Boolean).length;
    assert.ok(right / count > 0.85, `${right} of ${count} right; its published accuracy is 0.918`);
  });

  test('finds real images nearer to each other than to noise', async () => {
    const { test: split } = await openCifar10(data, { allowPartial: true });
    const images = Buffer.concat(await collect(split.images()));
    const next = uniform(1, 'noise');
    const noise = Uint8Array.from({ length: count * imageBytes }, () => 256 * next());
    const features = await openFeatureNetwork(network, createOnnxRuntime(2));
    const statistics = async (set: Uint8Array) =>
      gaussianOf(
        (
          await features.features(
            inMemory(set, cifar10Shape),
            cifar10Shape,
            40,
            meter('features', count, { scratch: '', threads: 2, onProgress: () => {} }),
          )
        ).statistics,
        'set',
      );
    const first = await statistics(images.subarray(0, count * imageBytes));
    const second = await statistics(images.subarray(count * imageBytes, 2 * count * imageBytes));
    const far = frechetDistance(first, await statistics(noise));
    assert.ok(4 * frechetDistance(first, second) < far, `noise at ${far}`);
  });
});
