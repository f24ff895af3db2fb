/** The workflows a worker offers. */
export { reproduce } from './reproduce.ts';
export { scheduled } from './scheduled.ts';
export { scheduledSweep } from './scheduled-sweep.ts';
export { sweep } from './sweep.ts';
export { train } from './train.ts';
