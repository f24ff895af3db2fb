/** Adamax (Kingma and Ba, 2015, algorithm 2) on one flat parameter vector: Adam with the largest gradient
 *  seen lately in place of the second moment, so that no step is more than about a percent longer than the
 *  learning rate, however small a gradient has become. */
import { tf, type Tensor } from '../core/tensors.ts';
import type { AdamConfig, AdamState, AdamStep } from './adam.ts';

/** One step against `gradient` [N]. `state.v` holds the infinity norm u = max(beta2 u, |gradient|), which
 *  needs no correction of its bias; epsilon keeps a parameter without any gradient in its place. */
export function adamax(config: AdamConfig, state: AdamState, gradient: Tensor, step: AdamStep): AdamState {
  const { beta1, beta2, epsilon } = config;
  const m = tf.add(tf.mul(state.m, beta1), tf.mul(gradient, 1 - beta1));
  const v = tf.maximum(tf.mul(state.v, beta2), tf.abs(gradient));
  const direction = tf.div(tf.mul(m, step.firstMomentScale), tf.add(v, epsilon));
  return { theta: tf.sub(state.theta, tf.mul(direction, step.learningRate)), m, v };
}
