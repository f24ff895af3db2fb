/** Height, width and colours of a configured image set, without looking at any file: 3 colours where the
 *  files decide. */
import { cifar10Shape } from '../datasets/cifar10.ts';
import type { ImageShape } from '../datasets/image-source.ts';
import { mnistShape } from '../datasets/mnist.ts';
import type { ImageDatasetConfig } from './dataset-config.ts';
import { svhnShape } from '../datasets/svhn.ts';

export function imageShape(dataset: ImageDatasetConfig): ImageShape {
  switch (dataset.kind) {
    case 'cifar10':
      return cifar10Shape;
    case 'svhn':
      return svhnShape;
    case 'mnist':
      return mnistShape;
    case 'celeba':
      return [dataset.size, dataset.size, 3];
    case 'npz':
      return [dataset.size, dataset.size, dataset.channels];
    case 'folder':
      return [dataset.size, dataset.size, dataset.channels === 'auto' ? 3 : dataset.channels];
  }
}
