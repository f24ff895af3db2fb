import type { Experiment } from './experiment.ts';
import { paperScale, digitsNetwork } from './images.ts';

export const mnist: Experiment = {
  name: 'mnist',
  title: 'MNIST',
  description:
    "Not in the paper's tables: a Glow of 3 levels x 8 steps and width 512, then FCE, with control, "
    + 'VAE and DCGAN; distances in a classifier trained in the run.',
  config: { ...paperScale({ dataset: { kind: 'mnist' }, flips: false }, 8), featureNetwork: digitsNetwork },
  needs: { dataDir: true },
  command: 'npm start -- run mnist --data-dir DIR',
  expected: 'Not run at full scale yet: it wants a GPU.',
};
