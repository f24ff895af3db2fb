/** Progress on held-out points while training: mean squared error of the averaged weights' log-density (nats^2). */
import type { ProgramFunction } from '../graph/program.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../tensors.ts';

/** Held-out points with their exact log-density, as variables of the program. */
export const probeVariables = (count: number, dim: number): Record<string, TensorSpec> => ({
  'probe.x': { shape: [count, dim], dtype: 'float32' },
  'probe.logDensity': { shape: [count], dtype: 'float32' },
});

/** `models`: metric name -> log-density [B] of x under a model's averaged weights. */
export const probe = (models: Readonly<Record<string, (variables: Tensors, x: Tensor) => Tensor>>): ProgramFunction => ({
  inputs: {},
  run(variables) {
    const errors = Object.entries(models).map(([name, logProb]): [string, Tensor] => {
      const difference = tf.sub(logProb(variables, variables['probe.x']!), variables['probe.logDensity']!);
      return [name, tf.mean(tf.square(difference))];
    });
    return { outputs: Object.fromEntries(errors) };
  },
});
