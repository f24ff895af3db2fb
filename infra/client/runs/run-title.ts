/** What a run is called on its report and on pages: what was asked for, else what it is about. */
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { Experiment } from '../../../workflows/experiments/index.ts';

/** Temporal takes 400 bytes, and a sweep puts its trial behind. */
export const longestTitle = 100;
const folderTitle = 'A folder of images';
const names: Readonly<Record<string, string>> = {
  'eight-gaussians': 'Eight Gaussians',
  pinwheel: 'Pinwheel',
  spiral: 'Spiral',
  cifar10: 'CIFAR-10',
  svhn: 'SVHN',
  mnist: 'MNIST',
  celeba: 'CelebA',
  folder: folderTitle,
};

/** Of `--title`. */
export function readTitle(text: string): string {
  const title = text.trim();
  if (!isTitle(title))
    throw new InvalidArgumentError(`Expected 1 to ${longestTitle} characters in one line.`);
  return title;
}

/** Something to read, in one line that is not too long. */
export const isTitle = (text: string): boolean =>
  text.trim() !== '' && text.length <= longestTitle && !/\p{Cc}/u.test(text);

/** An experiment's own title where the data are its own; a folder's images are called by its name. */
export function titleOf(
  experiment: Pick<Experiment, 'name' | 'title' | 'config'>,
  { dataset }: Pick<ExperimentConfig, 'dataset'>,
  dataDir: string | null,
): string {
  const isOwn = dataOf(dataset) === dataOf(experiment.config.dataset);
  const data =
    dataset.kind === 'folder' && dataDir !== null
      ? `${basename(dataDir)}, ${dataset.size} x ${dataset.size}`
      : (names[dataOf(dataset)] ?? dataset.kind);
  if (!isOwn) return `${data}, with the settings of ${experiment.name}`;
  return dataset.kind === 'folder' ? experiment.title.replace(folderTitle, () => data) : experiment.title;
}

const dataOf = (dataset: Experiment['config']['dataset']): string =>
  dataset.kind === 'toy' ? dataset.density : dataset.kind;
