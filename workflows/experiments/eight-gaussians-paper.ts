import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

const base = twoDimensional('eight-gaussians');

export const eightGaussiansPaper: Experiment = {
  name: 'eight-gaussians-paper',
  title: "Eight Gaussians, the paper's own form",
  description: 'As eight-gaussians with lambda = 0: the flow moves by V alone, from random weights.',
  config: { ...base, contrast: { ...base.contrast, lambda: 0 } },
  command: 'npm start -- run eight-gaussians-paper',
  expected: 'not yet measured',
};
