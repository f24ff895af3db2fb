/** Everything a user can run, by name. */
import { cifar10Quick } from './cifar10-quick.ts';
import { eightGaussiansPaper } from './eight-gaussians-paper.ts';
import { eightGaussians } from './eight-gaussians.ts';
import type { Experiment } from './experiment.ts';
import { pinwheel } from './pinwheel.ts';
import { spiral } from './spiral.ts';

export type { Experiment };
export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  [eightGaussians, eightGaussiansPaper, pinwheel, spiral, cifar10Quick].map((experiment) => [experiment.name, experiment]),
);
