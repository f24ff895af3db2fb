/** Progress on held-out data while training, measured on the averaged weights. */
import type { ProgramFunction } from '../graph/program.ts';
import { tf, type Tensor, type Tensors, type TensorSpec } from '../core/tensors.ts';
import { greyLevels, dimOf, type DataForm } from './batch.ts';

export interface HeldOutMetrics {
  /** Held-out data, as variables of the program named `probe.*`. */
  readonly variables: Readonly<Record<string, TensorSpec>>;
  readonly run: ProgramFunction;
}

/** Mean squared error of log-densities (nats^2) on `count` points with their exact one; null where there are
 *  none. `models`: metric name -> log-density [B] of x under a model's averaged weights. */
export function heldOutDensities(
  count: number,
  dim: number,
  models: Readonly<Record<string, (variables: Tensors, x: Tensor) => Tensor>>,
): HeldOutMetrics | null {
  if (count === 0) return null;
  const variables: HeldOutMetrics['variables'] = {
    'probe.x': { shape: [count, dim], dtype: 'float32' },
    'probe.logDensity': { shape: [count], dtype: 'float32' },
  };
  const error = (logProb: (variables: Tensors, x: Tensor) => Tensor, values: Tensors): Tensor =>
    tf.mean(tf.square(tf.sub(logProb(values, values['probe.x']!), values['probe.logDensity']!)));
  const run: ProgramFunction = {
    inputs: {},
    run: (values) => ({
      outputs: Object.fromEntries(
        Object.entries(models).map(([name, logProb]) => [name, error(logProb, values)]),
      ),
    }),
  };
  return { variables, run };
}

/** `count` held-out images, packed as the training set is. */
export const heldOutImages = (count: number, form: Pick<DataForm, 'shape'>): HeldOutMetrics['variables'] => ({
  'probe.x': { shape: [count, dimOf(form) / 4], dtype: 'int32' },
});

/** Their grey levels [count, H, W, C], float32 of 0..255. */
export const heldOutBytes = (variables: Tensors, form: Pick<DataForm, 'shape'>): Tensor =>
  greyLevels(form, variables['probe.x']!);
