/** What the EBM is contrasted with: a density that can be sampled and evaluated. The flow in flow contrastive
 *  estimation, a fixed Gaussian in noise contrastive estimation (Gutmann and Hyvarinen, 2010). */
import { unflatten } from '../core/params.ts';
import { type Tensor, type Tensors, type TensorSpec, tf } from '../core/tensors.ts';
import type { Flow } from '../flow/bijection.ts';

export interface Opponent {
  /** Variables it needs beside the players'. */
  readonly variables: Readonly<Record<string, TensorSpec>>;
  /** Standard normal latents z [B, dim] -> samples [B, ...shape] with their log-density [B], nats. */
  sample(variables: Tensors, z: Tensor): { x: Tensor; logProb: Tensor };
  /** log q(x), [B], nats. */
  logProb(variables: Tensors, x: Tensor): Tensor;
  /** It may be lost, so that log q on data is worth a look at every step. */
  readonly moves: boolean;
}

export const flowOpponent = (flow: Flow): Opponent => ({
  variables: {},
  moves: true,
  sample: (variables, z) => flow.sample(unflatten(flow.params, variables.flow!), z),
  logProb: (variables, x) => flow.logProb(unflatten(flow.params, variables.flow!), x),
});

/** N(mean, A A^T) on R^D: `noise.mean` [D], `noise.factor` A^T [D,D] with its inverse, `noise.logDet` =
 *  log|det A|. */
export const gaussianOpponent = (dim: number): Opponent => ({
  moves: false,
  variables: {
    'noise.mean': { shape: [dim], dtype: 'float32' },
    'noise.factor': { shape: [dim, dim], dtype: 'float32' },
    'noise.inverse': { shape: [dim, dim], dtype: 'float32' },
    'noise.logDet': { shape: [], dtype: 'float32' },
  },
  sample(variables, z) {
    const x = tf.add(
      tf.matMul(z as tf.Tensor2D, variables['noise.factor'] as tf.Tensor2D),
      variables['noise.mean']!,
    );
    return { x, logProb: standardise(variables, z, dim) };
  },
  logProb(variables, x) {
    const centred = tf.sub(x, variables['noise.mean']!) as tf.Tensor2D;
    return standardise(variables, tf.matMul(centred, variables['noise.inverse'] as tf.Tensor2D), dim);
  },
});

/** Log-density [B] at the point whose standardised coordinates are z [B, D]. */
const standardise = (variables: Tensors, z: Tensor, dim: number): Tensor =>
  tf.sub(
    tf.mul(-0.5, tf.add(tf.sum(tf.square(z), 1), dim * Math.log(2 * Math.PI))),
    variables['noise.logDet']!,
  );
