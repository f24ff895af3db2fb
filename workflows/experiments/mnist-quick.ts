import type { Experiment } from './experiment.ts';
import { digitsNetwork, quick } from './images.ts';

export const mnistQuick: Experiment = {
  name: 'mnist-quick',
  title: 'MNIST, quick',
  description: 'A small Glow by maximum likelihood, then FCE, with control, VAE and DCGAN; distances in a classifier of the digits trained in the run.',
  config: { ...quick({ dataset: { kind: 'mnist' }, flips: false }, { pretrain: 7000, contrast: 700, control: 1000 }), featureNetwork: digitsNetwork },
  needs: { dataDir: true },
  command: 'npm start -- run mnist-quick --data-dir DIR',
  expected: '',
};
