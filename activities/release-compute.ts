/** A training that holds keeps no process: the graph is loaded again when it goes on. */
import type { TrainingSpec } from './contracts/training.ts';
import type { Ports } from './ports/ports.ts';
import { completed } from './train-segment.ts';

export const releaseCompute = ({ compute }: Ports, spec: TrainingSpec): Promise<void> =>
  compute.release(completed({ spec }).spec);
