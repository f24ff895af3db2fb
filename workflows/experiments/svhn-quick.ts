import type { Experiment } from './experiment.ts';
import { digitsNetwork, quick } from './images.ts';

export const svhnQuick: Experiment = {
  name: 'svhn-quick',
  title: 'SVHN, quick',
  description:
    'A small Glow by maximum likelihood, then FCE, with control, VAE and DCGAN; distances in a '
    + 'classifier of the digits trained in the run.',
  config: {
    ...quick({ dataset: { kind: 'svhn' }, flips: false }, { pretrain: 3500, contrast: 700 }),
    featureNetwork: digitsNetwork,
  },
  needs: { dataDir: true },
  command: 'npm start -- run svhn-quick --data-dir DIR',
  expected: 'Not run on the whole set yet.',
};
