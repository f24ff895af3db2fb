/** What a report calls a data set of images. */
import type { DatasetConfig } from '../config/dataset-config.ts';
import { mnistForms, type MnistVariant } from './mnist-variants.ts';

const names: Readonly<Record<string, string>> = { cifar10: 'CIFAR-10', celeba: 'CelebA' };

/** null for points, and for images that have no name of their own. */
export function dataName(dataset: DatasetConfig): string | null {
  // records of before have neither
  const { variant = 'mnist', extra = false } = dataset as {
    readonly variant?: MnistVariant;
    readonly extra?: boolean;
  };
  if (dataset.kind === 'mnist') return mnistForms[variant].title;
  if (dataset.kind === 'svhn') return `SVHN${extra ? ' with its extra set' : ''}`;
  return names[dataset.kind] ?? null;
}
