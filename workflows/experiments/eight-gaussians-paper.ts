import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

const base = twoDimensional('eight-gaussians');

export const eightGaussiansPaper: Experiment = {
  name: 'eight-gaussians-paper',
  title: "Eight Gaussians, the paper's own form",
  description:
    'As eight-gaussians, but the flow moves by V alone (lambda = 0) from random weights, and the '
    + 'accuracy rule says whose turn it is.',
  config: {
    ...base,
    contrast: { ...base.contrast, lambda: 0, divergence: {}, turn: { kind: 'accuracy', threshold: 0.6 } },
  },
  command: 'npm start -- run eight-gaussians-paper',
  expected:
    'Seeds 1, 2, 3 of training and data (--seed N --set dataset.seed=N), MSE of log-density: EBM-FCE '
    + '0.0029, 0.0049, 0.0033 with no, one and one rollback; the flow drifts (3.3, 42, 47). 3 minutes '
    + 'on 2 cores.',
};
