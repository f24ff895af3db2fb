/** Loads tfjs with its TensorFlow backend; only compute processes import this file. */
import { createRequire } from 'node:module';
import util from 'node:util';

// tfjs-node calls two functions that Node 23 removed from `util`
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
});
createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
