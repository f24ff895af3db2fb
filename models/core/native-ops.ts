/** Ops that TensorFlow has as one kernel, gradient included, where tfjs composes several (eight for the
 *  gradient of relu) or takes a slower one (a batched product for matMul). A recording takes the kernel: a
 *  replayed step on vectors went from 14 ms to 9. Eager runs take tfjs's own ops, and so stay an independent
 *  reference for the replay. */
import { attrType, isRecording, tensorflowBackend, typeAttr, type OpAttr } from './tensorflow-backend.ts';
import { tf, type Tensor } from './tensors.ts';

/** a [m, k] b [k, n] -> [m, n]. */
export const product = inRecordings(
  withGradient(
    (a: Tensor, b: Tensor) => matMul(a, b),
    (inputs) => inputs,
    (dy, [a, b]) => [matMul(dy, b!, { transposeB: true }), matrixGradient(a!, dy)],
  ),
  (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
);

/** a^T dy [k, n]. As a sum where it is one row: a product of that shape, added to another path's, TensorFlow
 *  takes for a bias and fails. */
const matrixGradient = (a: Tensor, dy: Tensor): Tensor =>
  a.shape[1] === 1 ? tf.sum(tf.mul(a, dy), 0, true) : matMul(a, dy, { transposeA: true });

/** x [..., C] + bias [C]. */
export const biasAdd = inRecordings(
  withGradient(
    (x: Tensor, bias: Tensor) => kernel('BiasAdd', [x, bias], channelsLast),
    () => [],
    (dy) => [dy, kernel('BiasAddGrad', [dy], channelsLast)],
  ),
  (x, bias) => tf.add(x, bias),
);

/** max(x, 0). */
export const relu = inRecordings(
  withGradient(
    (x: Tensor) => tf.relu(x),
    (_, y) => [y],
    (dy, [y]) => kernel('ReluGrad', [dy, y!]),
  ),
  (x) => tf.relu(x),
);

/** max(x, slope * x). Its gradient is taken at y, which has the sign of x: of a convolution whose x something
 *  else needs, TensorFlow fuses neither bias nor activation, nor those of any other in the graph. */
export const leakyRelu = (slope: number): ((x: Tensor) => Tensor) =>
  inRecordings(
    withGradient(
      (x: Tensor) => tf.leakyRelu(x, slope),
      (_, y) => [y],
      (dy, [y]) => kernel('LeakyReluGrad', [dy, y!], { name: 'alpha', type: attrType.float, value: slope }),
    ),
    (x) => tf.leakyRelu(x, slope),
  );

/** `native` while a function is recorded, `plain` in eager runs. */
export function inRecordings<F extends (...inputs: Tensor[]) => Tensor>(native: F, plain: F): F {
  return ((...inputs: Parameters<F>) => (isRecording() ? native(...inputs) : plain(...inputs))) as F;
}

type Gradient = (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];

/** `saved`: what the gradient needs of the inputs and the output y. */
export function withGradient<F extends (...inputs: Tensor[]) => Tensor>(
  value: F,
  saved: (inputs: Tensor[], y: Tensor) => Tensor[],
  gradFunc: Gradient,
): F {
  return tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const inputs = args as Tensor[];
    const y = value(...inputs);
    save(saved(inputs, y));
    return { value: y, gradFunc };
  }) as F;
}

/** As TensorFlow's MatMul, without a gradient of its own. */
export function matMul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  return kernel('MatMul', [a, b], flag('transpose_a', transposeA), flag('transpose_b', transposeB));
}

function kernel(op: string, inputs: Tensor[], ...attrs: OpAttr[]): Tensor {
  return tensorflowBackend().executeSingleOutput(op, [typeAttr('T', 'float32'), ...attrs], inputs);
}

const channelsLast: OpAttr = { name: 'data_format', type: attrType.string, value: 'NHWC' };
const flag = (name: string, value: boolean): OpAttr => ({ name, type: attrType.bool, value });
