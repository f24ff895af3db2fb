import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const pinwheel: Experiment = {
  name: 'pinwheel',
  title: 'Pinwheel',
  description: 'Five Gaussian arms bent by an angle that grows with the radius.',
  config: twoDimensional('pinwheel'),
  command: 'npm start -- run pinwheel',
  expected:
    'Seed 1, MSE of log-density: EBM-FCE 0.0153, NCE matched 0.0062; the settings were chosen on '
    + 'eight Gaussians. 8 minutes with another run beside it.',
};
