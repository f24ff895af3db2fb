import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const eightGaussians: Experiment = {
  name: 'eight-gaussians',
  title: 'Eight Gaussians',
  description:
    'The first of the 2-D densities: eight Gaussians on a circle. FCE from a random Glow beside '
    + 'Glow-MLE and NCE.',
  config: twoDimensional('eight-gaussians'),
  command: 'npm start',
  expected:
    'Seeds 1, 2, 3 of training and data (--seed N --set dataset.seed=N), MSE of log-density: EBM-FCE '
    + '0.0021, 0.0024, 0.0018; NCE matched 0.0020, 0.0023, 0.0020; NCE standard 0.0067, 0.0046, '
    + '0.0057; Glow-MLE 0.15, 2.8, 0.11. Under 4 minutes on 2 cores.',
};
