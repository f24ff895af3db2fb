/** Loads the TensorFlow backend of tfjs for a test file. */
import { createRequire } from 'node:module';
import util from 'node:util';

// tfjs-node calls two functions that Node 23 removed from `util`.
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
});
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.env.TF_DETERMINISTIC_OPS ??= '1';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
