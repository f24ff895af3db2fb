/** The workflows a worker offers. */
export { reproduce } from './run/reproduce.ts';
export { scheduled } from './schedule/scheduled-run.ts';
export { scheduledSweep } from './schedule/scheduled-sweep.ts';
export { sweep } from './sweep/sweep.ts';
export { train } from './training/train.ts';
