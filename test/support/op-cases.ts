/** Small functions that between them use every op an exported model may hold. `replay-session.test.ts`
 *  replays them with their gradients, `onnx.test.ts` exports them. */
import { tf, type Tensor, type Tensors } from '../../models/core/tensors.ts';

type Run = (x: Tensor, w: Tensors) => Tensor | Tensors;
export interface OpCase {
  readonly shape?: readonly ('batch' | number)[];
  readonly dtype?: 'float32' | 'int32';
  readonly weights?: Readonly<Record<string, readonly number[]>>;
  /** From a standard normal to the values the function is tried on. */
  readonly from?: (value: number) => number;
  readonly run: Run;
  /** False where tfjs has no gradient of some op, or x none to give. */
  readonly differentiable?: boolean;
}
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
export const named = (result: Tensor | Tensors): Tensors =>
  result instanceof tf.Tensor ? { y: result } : result;

const positive = (value: number): number => Math.abs(value) + 0.1;
const t2 = (x: Tensor): tf.Tensor2D => x as tf.Tensor2D;
const conv = (pad: 'same' | 'valid', stride: number, size: number): OpCase => ({
  shape: ['batch', 6, 6, 3],
  weights: { filter: [size, size, 3, 5] },
  run: (x, { filter }) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
});

const transposed = (pad: 'same' | 'valid', stride: number, size: number, side: number): OpCase => ({
  shape: ['batch', 4, 4, 3],
  weights: { filter: [size, size, 5, 3] },
  run: (x, { filter }) =>
    tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [x.shape[0]!, side, side, 5], stride, pad),
});

export const opCases: Readonly<Record<string, OpCase>> = {
  'a dense network': {
    weights: { w1: [4, 8], b1: [8], w2: [8, 2] },
    run: (x, { w1, b1, w2 }) =>
      tf.matMul(tf.leakyRelu(tf.add(tf.matMul(t2(x), t2(w1!)), b1!), 0.2) as tf.Tensor2D, t2(w2!)),
  },
  'matmul with transposed sides': {
    weights: { w: [3, 4] },
    run: (x, { w }) => tf.matMul(t2(w!), t2(x), false, true),
  },
  'fused matmul with a bias and an activation': {
    weights: { w: [4, 3], b: [3] },
    run: (x, { w, b }) => tf.fused.matMul({ a: t2(x), b: t2(w!), bias: b!, activation: 'relu' }),
  },
  'batched matmul': {
    differentiable: false,
    shape: ['batch', 2, 3],
    weights: { w: [3, 3] },
    run: (x, { w }) => tf.matMul(x, tf.expandDims(tf.exp(w!))),
  },
  arithmetic: { run: (x) => tf.div(tf.sub(tf.mul(x, 3), tf.neg(x)), tf.add(tf.square(x), 1)) },
  'roots and logarithms': {
    from: positive,
    run: (x) => ({ a: tf.sqrt(x), b: tf.rsqrt(x), c: tf.log(x), d: tf.pow(x, 1.5), e: tf.reciprocal(x) }),
  },
  'log1p and expm1 near 0 and far from it': {
    from: (v) => (v > 0 ? v * 1e-6 : -v * 10),
    run: (x) => ({
      a: tf.mul(tf.log1p(x), 1e6),
      b: tf.mul(tf.expm1(tf.minimum(x, 1e-3)), 1e6),
      c: tf.expm1(tf.minimum(x, 5)),
    }),
  },
  activations: {
    from: (v) => v * 3,
    run: (x) => ({
      a: tf.relu(x),
      b: tf.tanh(x),
      c: tf.sigmoid(x),
      d: tf.softplus(x),
      e: tf.exp(x),
      f: tf.elu(x),
      g: tf.softmax(x),
      h: tf.relu6(x),
    }),
  },
  'rounding and signs': {
    from: (v) => v * 3,
    run: (x) => ({
      a: tf.floor(x),
      b: tf.ceil(x),
      c: tf.round(x),
      d: tf.sign(x),
      e: tf.abs(x),
      f: tf.mod(x, 2),
      g: tf.floorDiv(x, tf.scalar(2)),
    }),
  },
  bounds: { run: (x) => ({ a: tf.maximum(x, 0.1), b: tf.minimum(x, 0.1), c: tf.clipByValue(x, -0.5, 0.5) }) },
  'comparisons and choices': {
    differentiable: false,
    run: (x) => ({
      a: tf.where(tf.greater(x, 0), x, tf.zerosLike(x)),
      b: tf.cast(tf.lessEqual(x, 0.5), 'float32'),
      c: tf.cast(tf.notEqual(x, 0), 'int32'),
      d: tf.where(tf.less(x, 1), tf.onesLike(x), x),
      e: tf.cast(tf.equal(x, x), 'int32'),
      g: tf.step(x),
    }),
  },
  'conditions on conditions': {
    differentiable: false,
    run: (x) => ({
      a: tf.cast(tf.logicalOr(tf.less(x, -1), tf.greater(x, 1)), 'float32'),
      b: tf.logicalAnd(tf.less(x, 1), tf.logicalNot(tf.greaterEqual(x, 0))),
    }),
  },
  reductions: {
    shape: ['batch', 3, 4],
    run: (x) => ({
      a: tf.sum(x, [1, 2]),
      b: tf.mean(x, 1, true),
      c: tf.max(x, 2),
      d: tf.min(x, 2),
      e: tf.prod(x, 2),
      f: tf.sum(x),
      g: tf.logSumExp(x, 2),
    }),
  },
  'reductions over the batch': { run: (x) => ({ a: tf.mean(x, 0), b: tf.sum(x, 0, true) }) },
  'reshapes that keep the batch': {
    shape: ['batch', 2, 3],
    run: (x) => tf.reshape(tf.tanh(tf.reshape(x, [x.shape[0]!, 6])), [-1, 3, 2]),
  },
  'reshapes that fold the batch': {
    shape: ['batch', 2, 3],
    run: (x) => tf.reshape(tf.tanh(tf.reshape(x, [-1, 3])), [-1, 6]),
  },
  'squeeze and unsqueeze of space': {
    shape: ['batch', 4, 4, 2],
    run: (x) =>
      tf.reshape(tf.transpose(tf.reshape(x, [-1, 2, 2, 2, 2, 2]), [0, 1, 3, 5, 2, 4]), [-1, 2, 2, 8]),
  },
  'splits and joins': {
    run: (x) => {
      const [a, b] = tf.split(x, [1, 3], 1);
      return { a: tf.concat([b!, a!], 1), b: tf.stack(tf.unstack(x, 1), 1), c: tf.tile(x, [1, 2]) };
    },
  },
  slices: {
    differentiable: false,
    run: (x) => ({
      a: tf.slice(x, [0, 1], [-1, 2]),
      b: tf.stridedSlice(x, [0, 0], [x.shape[0]!, 4], [1, 2]),
      c: tf.reverse(x, 1),
      d: tf.slice(x, [0, 0], [1, 4]),
      e: tf.stridedSlice(x, [0, 1], [0, 0], [1, 1], 1, 1, 0, 0, 2),
    }),
  },
  'padding and gathering': {
    weights: { table: [4, 3] },
    run: (x, { table }) => ({
      a: tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
        ],
        0.5,
      ),
      b: tf.gather(x, tf.tensor1d([3, 0, 0], 'int32'), 1),
      c: tf.matMul(t2(x), t2(table!)),
    }),
  },
  'tensors of the size of the batch': {
    run: (x) => ({
      a: tf.add(x, tf.zeros([x.shape[0]!, 4])),
      b: tf.concat([x, tf.fill([x.shape[0]!, 1], 2)], 1),
      c: tf.tile(tf.tensor2d([[1, 2]]), [x.shape[0]!, 1]),
      d: tf.add(tf.ones([x.shape[0]! * 2, 1]), 1),
      e: tf.mul(x, tf.cast(tf.scalar(x.shape[0]!, 'int32'), 'float32')),
    }),
  },
  'broadcasting to the batch': {
    differentiable: false,
    weights: { w: [1, 4] },
    run: (x, { w }) => tf.broadcastTo(w!, [x.shape[0]!, 4]),
  },
  'whole numbers': {
    differentiable: false,
    dtype: 'int32',
    from: (v) => Math.floor(v * 5),
    run: (x) => ({
      a: tf.add(x, tf.scalar(2, 'int32')),
      b: tf.floorDiv(x, tf.scalar(3, 'int32')),
      c: tf.mod(x, tf.scalar(3, 'int32')),
      d: tf.sum(x, 1),
    }),
  },
  'one-hot': {
    differentiable: false,
    shape: ['batch'],
    dtype: 'int32',
    from: (v) => Math.abs(Math.trunc(v)),
    run: (x) => tf.oneHot(x as tf.Tensor1D, 4),
  },
  'positions of extremes and running sums': {
    differentiable: false,
    run: (x) => ({ a: tf.argMax(x, 1), b: tf.cumsum(x, 1), c: tf.cumsum(x, 1, true, true) }),
  },
  'a convolution, same': conv('same', 1, 3),
  'a convolution, same, stride 2': conv('same', 2, 3),
  'a convolution, valid, stride 2': conv('valid', 2, 2),
  'a transposed convolution, same, stride 2': transposed('same', 2, 4, 8),
  'a transposed convolution, same, stride 2, odd overlap': transposed('same', 2, 5, 8),
  'a transposed convolution, same, stride 2, of an odd image': transposed('same', 2, 4, 7),
  'a transposed convolution, same, stride 1': transposed('same', 1, 3, 4),
  'a transposed convolution, same, stride over its size': transposed('same', 3, 2, 12),
  'a transposed convolution, valid, stride 2, with a rest': transposed('valid', 2, 3, 10),
  'a 1x1 convolution by a product of weights': {
    shape: ['batch', 3, 3, 2],
    weights: { l: [2, 2], u: [2, 2] },
    run: (x, { l, u }) =>
      tf.conv2d(
        x as tf.Tensor4D,
        tf.reshape(tf.matMul(t2(l!), t2(u!)), [1, 1, 2, 2]) as tf.Tensor4D,
        1,
        'same',
      ),
  },
};
