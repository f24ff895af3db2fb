/** The convolution, with gradients as matrix products where TensorFlow's own run far below a CPU's rate of
 *  those: of a 1x1 kernel, and of a 3x3 kernel that is much narrower on one side than on the other, as both
 *  are in a coupling net. Eager runs take TensorFlow's own gradients, and so stay an independent reference
 *  for the replay. */
import { inRecordings, matMul, withGradient } from './native-ops.ts';
import { tf, type Tensor } from './tensors.ts';

/** x [B, H, W, inputs], weight [size, size, inputs, outputs] -> [B, ceil(H / stride), ceil(W / stride),
 *  outputs]; zero padding. */
export function convolution(x: Tensor, weight: Tensor, stride: number): Tensor {
  const gradient = gradientOf(weight.shape as KernelShape, stride);
  const plain = (input: Tensor, kernel: Tensor): Tensor =>
    tf.conv2d(input as tf.Tensor4D, kernel as tf.Tensor4D, stride, 'same');
  return gradient === null
    ? plain(x, weight)
    : inRecordings(
        withGradient(
          plain,
          (inputs) => inputs,
          (dy, [input, kernel]) => gradient(dy, input!, kernel!),
        ),
        plain,
      )(x, weight);
}

type KernelShape = readonly [height: number, width: number, inputs: number, outputs: number];
type ConvolutionGradient = (dy: Tensor, x: Tensor, weight: Tensor) => [dx: Tensor, dWeight: Tensor];

/** Narrow side over wide side up to which the products were measured, and were faster (on a CPU). */
const narrow = 3 / 8;

/** null: TensorFlow's own is as fast. */
function gradientOf(
  [height, width, inputs, outputs]: KernelShape,
  stride: number,
): ConvolutionGradient | null {
  if (stride !== 1) return null;
  if (height === 1 && width === 1) return pointwise;
  if (height !== 3 || width !== 3) return null;
  if (outputs <= narrow * inputs) return towardsFew;
  return inputs <= narrow * outputs ? fromFew : null;
}

const pointwise: ConvolutionGradient = (dy, x, weight) => {
  const [inputs, outputs] = weight.shape.slice(2) as [number, number];
  const rows = flat(dy);
  return [
    tf.reshape(matMul(rows, tf.reshape(weight, [inputs, outputs]), { transposeB: true }), x.shape),
    tf.reshape(matMul(flat(x), rows, { transposeA: true }), weight.shape),
  ];
};

/** dx[p] = sum over k of dy[p - k] W[k]^T and dW[k] = sum over p of x[p]^T dy[p - k]: both from one gathering
 *  of dy. */
const towardsFew: ConvolutionGradient = (dy, x, weight) => {
  const [inputs, outputs] = weight.shape.slice(2) as [number, number];
  const gathered = neighbours(dy, -1);
  const transposed = tf.reshape(tf.transpose(weight, [0, 1, 3, 2]), [9 * outputs, inputs]);
  const dTransposed = matMul(gathered, flat(x), { transposeA: true });
  return [
    tf.reshape(matMul(gathered, transposed), x.shape),
    tf.transpose(tf.reshape(dTransposed, [3, 3, outputs, inputs]), [0, 1, 3, 2]),
  ];
};

/** dW[k] = sum over p of x[p + k]^T dy[p]; dx is left to TensorFlow. */
const fromFew: ConvolutionGradient = (dy, x, weight) => [
  tf.conv2dTranspose(
    dy as tf.Tensor4D,
    weight as tf.Tensor4D,
    x.shape as [number, number, number, number],
    1,
    'same',
  ),
  tf.reshape(matMul(neighbours(x, 1), flat(dy), { transposeA: true }), weight.shape),
];

/** [B, H, W, C] -> [B * H * W, C]. */
const flat = (x: Tensor): Tensor => tf.reshape(x, [-1, x.shape[3]!]);

/** At every position p, x[p + direction * k] for the offsets k of a 3x3 kernel, row by row: [B, H, W, C] ->
 *  [B * H * W, 9 C]; zeros beyond the edge. By slices: ExtractImagePatches took three times as long. */
function neighbours(x: Tensor, direction: 1 | -1): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const padded = tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const offsets = [-1, 0, 1].map((offset) => 1 + direction * offset);
  const shifted = offsets.flatMap((row) =>
    offsets.map((column) => tf.slice(padded, [0, row, column, 0], [batch, height, width, channels])),
  );
  return tf.reshape(tf.concat(shifted, 3), [-1, 9 * channels]);
}
