import type { Experiment } from './experiment.ts';
import { digitsNetwork, quick } from './images.ts';

export const mnistQuick: Experiment = {
  name: 'mnist-quick',
  title: 'MNIST, quick',
  description:
    'A small Glow by maximum likelihood, then FCE, with control, VAE and DCGAN; distances in a '
    + 'classifier of the digits trained in the run.',
  config: {
    ...quick({ dataset: { kind: 'mnist' }, flips: false }, { pretrain: 7000, contrast: 700 }),
    featureNetwork: digitsNetwork,
  },
  needs: { dataDir: true },
  command: 'npm start -- run mnist-quick --data-dir DIR',
  expected:
    `Seed 1: Frechet distance in the features of the run's own classifier (98.4 % right) 173.1 `
    + 'before FCE, 123.6 after, 157.4 for the control of 2,300 updates; bits/dim 1.615, 1.616, 1.576. '
    + 'Seed 2: 178.5, 126.3, 166.1. About 10 minutes on 2 cores with nothing else to do.',
};
