import type { Experiment } from './experiment.ts';
import { paperScale } from './images.ts';

export const svhn: Experiment = {
  name: 'svhn',
  title: 'SVHN',
  description:
    "Glow of the paper's size (3 levels x 8 steps, width 512) by maximum likelihood, then FCE, with "
    + 'control, VAE and DCGAN beside it; FID of 50,000 samples.',
  config: paperScale({ dataset: { kind: 'svhn' }, flips: false }, 8),
  needs: { dataDir: true },
  command: 'npm start -- run svhn --data-dir DIR --features pt_inception-2015-12-05-6726825d.pth',
  expected: 'Not run at full scale yet: it wants a GPU.',
};
