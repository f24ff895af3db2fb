/** The one place `models` takes tfjs from, and the plain-data side of a tensor. */
import * as tf from '@tensorflow/tfjs-core';

export { tf };
export type Tensor = tf.Tensor;
export type Tensors = Readonly<Record<string, Tensor>>;

export type DType = 'float32' | 'int32';
/** A tensor's values outside TensorFlow, row-major. */
export type Values = Float32Array | Int32Array;
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}
/** A named set of arrays with their shapes: what a checkpoint holds. */
export interface NamedArray extends TensorSpec {
  readonly values: Values;
}
export type NamedArrays = Readonly<Record<string, NamedArray>>;
