import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const pinwheel: Experiment = {
  name: 'pinwheel',
  title: 'Pinwheel',
  description: 'Five Gaussian arms bent by an angle that grows with the radius.',
  config: twoDimensional('pinwheel'),
  command: 'npm start -- run pinwheel',
  expected: 'not yet measured',
};
