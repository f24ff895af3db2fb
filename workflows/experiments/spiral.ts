import type { Experiment } from './experiment.ts';
import { twoDimensional } from './two-dimensional.ts';

export const spiral: Experiment = {
  name: 'spiral',
  title: 'Spiral',
  description: 'A single spiral: a curved density along one line.',
  config: twoDimensional('spiral'),
  command: 'npm start -- run spiral',
  expected: 'not yet measured',
};
