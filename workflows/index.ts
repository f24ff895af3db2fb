/** The workflows a worker offers. */
export { reproduce } from './reproduce.ts';
export { train } from './train.ts';
