/** Parameters for tests: tensors from a specification, with noise so that zero-initialised layers are not
 *  identities. */
import { initialValues } from '../../models/core/initial-values.ts';
import { unflatten, type ParamSpec, type Params } from '../../models/core/params.ts';
import { normal } from '../../models/core/random.ts';
import { tf, type NamedArrays, type Tensor, type Tensors } from '../../models/core/tensors.ts';

/** As a training starts. */
export const initialParams = (specs: readonly ParamSpec[], seed = 1): Params =>
  specs.length === 0 ? {} : unflatten(specs, tf.tensor1d(initialValues(specs, seed, 'test')));

/** Every parameter off its start by N(0, noise^2). */
export function noisyParams(specs: readonly ParamSpec[], noise: number, seed = 1): Params {
  if (specs.length === 0) return {};
  const next = normal(seed, 'noise');
  return unflatten(
    specs,
    tf.tensor1d(initialValues(specs, seed, 'test').map((value) => value + noise * next())),
  );
}

export function normalTensor(shape: readonly number[], name: string, std = 1): Tensor {
  const next = normal(1, name);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => std * next());
  return tf.tensor(values, [...shape], 'float32');
}

export const toArrays = (tensors: Tensors): NamedArrays =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [
      name,
      { shape: t.shape, dtype: 'float32', values: t.dataSync() as Float32Array },
    ]),
  );

export const toTensors = (arrays: NamedArrays): Tensors =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, [...shape], 'float32'),
    ]),
  );

/** The largest |a - b|. */
export const distance = (a: Tensor, b: Tensor): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
