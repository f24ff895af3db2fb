/** Adam (Kingma and Ba, 2015, algorithm 1) on one flat parameter vector, as a pure function. The bias
 *  corrections are given as numbers computed in float64 from the player's own step count, so that nothing has
 *  to be carried from step to step but the two moments. */
import { tf, type Tensor } from '../core/tensors.ts';

export interface AdamState {
  /** Parameters, first and second moment, each [N] float32. */
  readonly theta: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
}

/** Scalars of one step: learning rate, 1 / (1 - beta1^t), 1 / (1 - beta2^t). */
export interface AdamStep {
  readonly learningRate: Tensor;
  readonly firstMomentScale: Tensor;
  readonly secondMomentScale: Tensor;
}

export interface AdamConfig {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** One step against `gradient` [N]. */
export function adam(config: AdamConfig, state: AdamState, gradient: Tensor, step: AdamStep): AdamState {
  const { beta1, beta2, epsilon } = config;
  const m = tf.add(tf.mul(state.m, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.add(tf.mul(state.v, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const direction = tf.div(
    tf.mul(m, step.firstMomentScale),
    tf.add(tf.sqrt(tf.mul(v, step.secondMomentScale)), epsilon),
  );
  return { theta: tf.sub(state.theta, tf.mul(direction, step.learningRate)), m, v };
}

/** Scales `gradient` [N] to an L2 norm of at most `limit`; null leaves it. Returns the norm before. */
export function clipByGlobalNorm(gradient: Tensor, limit: number | null): { gradient: Tensor; norm: Tensor } {
  const norm = tf.sqrt(tf.sum(tf.square(gradient)));
  if (limit === null) return { gradient, norm };
  return { gradient: tf.mul(gradient, tf.div(limit, tf.maximum(norm, limit))), norm };
}
