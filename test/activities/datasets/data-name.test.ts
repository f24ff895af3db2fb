import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataName } from '../../../activities/datasets/data-name.ts';
import { datasetSchema } from '../../../activities/config/dataset-config.ts';

test("a report calls each set by its own name, also one in another's form", () => {
  for (const [dataset, name] of [
    [{ kind: 'mnist' }, 'MNIST'],
    [{ kind: 'mnist', variant: 'fashion' }, 'Fashion-MNIST'],
    [{ kind: 'mnist', variant: 'emnist-letters' }, 'EMNIST, letters'],
    [{ kind: 'svhn' }, 'SVHN'],
    [{ kind: 'svhn', extra: true }, 'SVHN with its extra set'],
    [{ kind: 'cifar10' }, 'CIFAR-10'],
    [{ kind: 'celeba' }, 'CelebA'],
    [{ kind: 'npz' }, null],
    [{ kind: 'toy', density: 'spiral' }, null],
  ] as const)
    assert.equal(dataName(datasetSchema.parse(dataset)), name);
  // of a record from before there were variants
  assert.equal(
    dataName({ kind: 'mnist', padValue: 0, allowPartial: false } as Parameters<typeof dataName>[0]),
    'MNIST',
  );
});
