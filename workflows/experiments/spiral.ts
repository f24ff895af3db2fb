import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const spiral: Experiment = {
  name: 'spiral',
  title: 'Spiral',
  description: 'A single spiral: a curved density along one line.',
  config: twoDimensional('spiral'),
  command: 'npm start -- run spiral',
  expected: 'Seed 1, not to its end yet: EBM-FCE at 0.0069 after 4,220 of 10,000 updates.',
};
