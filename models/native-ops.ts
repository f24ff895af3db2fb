/** Ops that TensorFlow has as one kernel, gradient included, where tfjs composes several (eight for the gradient of relu) or
 *  takes a slower one (a batched product for matMul). They make up most of a step on vectors: 14 ms became 9. */
import { attrType, tensorflowBackend, typeAttr, type OpAttr } from './graph/tensorflow-backend.ts';
import { tf, type Tensor } from './tensors.ts';

/** a [m, k] b [k, n] -> [m, n]. */
export const product = withGradient((a: Tensor, b: Tensor) => matMul(a, b), (inputs) => inputs,
  (dy, [a, b]) => [matMul(dy, b!, { transposeB: true }), matMul(a!, dy, { transposeA: true })]);

/** x [..., C] + bias [C]. */
export const biasAdd = withGradient((x: Tensor, bias: Tensor) => kernel('BiasAdd', [x, bias], channelsLast), () => [],
  (dy) => [dy, kernel('BiasAddGrad', [dy], channelsLast)]);

/** max(x, 0). */
export const relu = withGradient((x: Tensor) => tf.relu(x), (_, y) => [y], (dy, [y]) => kernel('ReluGrad', [dy, y!]));

/** max(x, slope * x). */
export const leakyRelu = (slope: number): ((x: Tensor) => Tensor) =>
  withGradient((x: Tensor) => tf.leakyRelu(x, slope), (inputs) => inputs,
    (dy, [x]) => kernel('LeakyReluGrad', [dy, x!], { name: 'alpha', type: attrType.float, value: slope }));

type Gradient = (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];

/** `saved`: what the gradient needs of the inputs and the output y. */
function withGradient<F extends (...inputs: Tensor[]) => Tensor>(value: F, saved: (inputs: Tensor[], y: Tensor) => Tensor[], gradFunc: Gradient): F {
  return tf.customGrad((...args) => {
    const save = args.pop() as tf.GradSaveFunc;
    const inputs = args as Tensor[];
    const y = value(...inputs);
    save(saved(inputs, y));
    return { value: y, gradFunc };
  }) as F;
}

function matMul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  return kernel('MatMul', [a, b], flag('transpose_a', transposeA), flag('transpose_b', transposeB));
}

function kernel(op: string, inputs: Tensor[], ...attrs: OpAttr[]): Tensor {
  return tensorflowBackend().executeSingleOutput(op, [typeAttr('T', 'float32'), ...attrs], inputs);
}

const channelsLast: OpAttr = { name: 'data_format', type: attrType.string, value: 'NHWC' };
const flag = (name: string, value: boolean): OpAttr => ({ name, type: attrType.bool, value });
