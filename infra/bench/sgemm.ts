/** The machine's own rate: products of square matrices in TensorFlow, one a thread side by side. */
import type { Program } from '../../models/graph/program.ts';
import { tf, type Tensor } from '../../models/core/tensors.ts';
import { openSession } from '../compute/replay-session.ts';

const size = 2048;

/** One measurement each time it is called: GFLOP/s over `threads` products. */
export function sgemm(threads: number): () => number {
  const names = Array.from({ length: threads }, (_, i) => `a${i}`);
  const program: Program = {
    variables: Object.fromEntries(
      names.map((name) => [name, { shape: [size, size], dtype: 'float32' as const }]),
    ),
    functions: {
      multiply: {
        inputs: {},
        run: (variables) => ({
          outputs: Object.fromEntries(names.map((name) => [name, corner(variables[name]!)])),
        }),
      },
    },
  };
  const session = openSession(program);
  session.assign(
    Object.fromEntries(names.map((name, i) => [name, new Float32Array(size * size).fill(1 / (i + size))])),
  );
  return () => {
    const began = performance.now();
    session.run('multiply', {});
    return (threads * 2 * size ** 3) / (performance.now() - began) / 1e6;
  };
}

/** One element of a^2, so that nothing large is read out. */
const corner = (a: Tensor): Tensor => tf.slice(tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D), [0, 0], [1, 1]);
