import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const eightGaussians: Experiment = {
  name: 'eight-gaussians',
  title: 'Eight Gaussians',
  description: 'The first of the 2-D densities: eight Gaussians on a circle. FCE from a random Glow beside Glow-MLE and NCE.',
  config: twoDimensional('eight-gaussians'),
  command: 'npm start',
  expected: 'not yet measured',
};
