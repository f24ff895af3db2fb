import type { Experiment } from './experiment.ts';
import { quick } from './images.ts';

export const cifar10Quick: Experiment = {
  name: 'cifar10-quick',
  title: 'CIFAR-10, quick',
  description:
    'A small Glow by maximum likelihood, then FCE, with control, VAE and DCGAN; distances in the '
    + 'features of a network given with --features.',
  config: quick({ dataset: { kind: 'cifar10' }, flips: true }, { pretrain: 3500, contrast: 700 }),
  needs: { dataDir: true },
  command: 'npm start -- run cifar10-quick --data-dir DIR --features FILE.onnx',
  expected:
    'On a part of the set (8,068 images), seed 1, control of 1,000 updates: Frechet distance in '
    + 'ResNet-20 features 21.5 before FCE, 21.6 after, 21.0 for the control; '
    + 'bits/dim 4.146, 4.147, 4.126. A quarter of an hour on 2 busy cores.',
};
