/** Loads the TensorFlow backend of tfjs for a test file, and holds the whole suite to one rule: no typed
 *  array goes through `tf.tidy`, which walks what its function returns number by number, into a Set that ends
 *  at 2^24. */
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

const { tf } = await import('../../models/core/tensors.ts');
const engine = tf.engine();
const endScope = engine.endScope.bind(engine);
engine.endScope = (result) => {
  const found = calledByTests() ? null : typedArrayIn(result);
  if (found !== null)
    throw new Error(
      `Expected tensors and their containers alone to be returned from tf.tidy, got a ${found}. Hand `
        + 'values out by assignment.',
    );
  endScope(result);
};

/** Tests may hand values out of their own scopes: their tensors are small. */
function calledByTests(): boolean {
  const frames = (new Error().stack ?? '')
    .split('\n')
    .slice(1)
    .filter((frame) => /\/(models|infra|activities|test)\//.test(frame));
  return /\/test\//.test(frames.find((frame) => !frame.includes('support/tensorflow.ts')) ?? '');
}

function typedArrayIn(container: unknown, depth = 0): string | null {
  if (ArrayBuffer.isView(container)) return `${container.constructor.name} of ${container.byteLength} bytes`;
  if (depth > 4 || typeof container !== 'object' || container === null || container instanceof tf.Tensor)
    return null;
  for (const value of Object.values(container)) {
    const found = typedArrayIn(value, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
