/** Random tensors as a function of a key: TensorFlow's counter-based stateless ops, the same in eager and
 *  replay. A key is int32 [2]; `foldIn` derives a new one, as in jax.random. Nothing here has state or a
 *  gradient. */
import { tf, type Tensor } from '../core/tensors.ts';
import { tensorflowBackend, typeAttr, type GraphDType } from '../core/tensorflow-backend.ts';

const draw = (
  op: string,
  dtype: GraphDType,
  shape: readonly number[],
  key: Tensor,
  bounds: Tensor[] = [],
): Tensor =>
  tensorflowBackend().executeSingleOutput(
    op,
    [typeAttr('dtype', dtype), typeAttr('T', 'int32'), typeAttr('Tseed', 'int32')],
    [tf.tensor1d([...shape], 'int32'), key, ...bounds],
  );

const int = (value: Tensor | number): Tensor =>
  typeof value === 'number' ? tf.scalar(value, 'int32') : value;

/** A key from a key and a number (a stream, a step): the full-range draw of seed [key0, key1 + data] -> int32
 *  [2]. */
export const foldIn = (key: Tensor, data: Tensor | number): Tensor =>
  tf.tidy(() => {
    const seed = tf.add(key, tf.stack([tf.scalar(0, 'int32'), int(data)]));
    return draw('StatelessRandomUniformFullInt', 'int32', [2], seed);
  });

/** Standard normals, float32. */
export const statelessNormal = (shape: readonly number[], key: Tensor): Tensor =>
  tf.tidy(() => draw('StatelessRandomNormal', 'float32', shape, key));

/** Uniforms in [0, 1), float32, multiples of 2^-23. */
export const statelessUniform = (shape: readonly number[], key: Tensor): Tensor =>
  tf.tidy(() => draw('StatelessRandomUniform', 'float32', shape, key));

/** Whole numbers in [0, maxExclusive), int32. */
export const statelessUniformInt = (
  shape: readonly number[],
  key: Tensor,
  maxExclusive: Tensor | number,
): Tensor =>
  tf.tidy(() => draw('StatelessRandomUniformInt', 'int32', shape, key, [int(0), int(maxExclusive)]));
