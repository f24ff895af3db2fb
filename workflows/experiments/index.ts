/** Everything a user can run, by name. */
import { celebaQuick } from './celeba-quick.ts';
import { celeba } from './celeba.ts';
import { cifar10Quick } from './cifar10-quick.ts';
import { cifar10 } from './cifar10.ts';
import { eightGaussiansPaper } from './eight-gaussians-paper.ts';
import { eightGaussians } from './eight-gaussians.ts';
import type { Experiment, OwnExperiment } from './experiment.ts';
import { folderQuick } from './folder-quick.ts';
import { folder } from './folder.ts';
import { mnistQuick } from './mnist-quick.ts';
import { mnist } from './mnist.ts';
import { pinwheel } from './pinwheel.ts';
import { spiral } from './spiral.ts';
import { svhnQuick } from './svhn-quick.ts';
import { svhn } from './svhn.ts';

export type { Experiment, OwnExperiment };
export const experiments: Readonly<Record<string, Experiment>> = Object.fromEntries(
  [
    eightGaussians,
    eightGaussiansPaper,
    pinwheel,
    spiral,
    mnistQuick,
    svhnQuick,
    cifar10Quick,
    celebaQuick,
    folderQuick,
    mnist,
    svhn,
    cifar10,
    celeba,
    folder,
  ].map((experiment) => [experiment.name, experiment]),
);
