/** A step's data, gathered inside the graph from the training set, which is a variable of it; or fed to it
 *  row by row, of a set that is too large for that (`fed-rows.ts`). Rows are drawn uniformly with
 *  replacement: a step's batch is then a function of its number alone. */
import { unpackBytes } from '../graph/bytes.ts';
import { gatherRows } from '../graph/gather-rows.ts';
import { foldIn, statelessUniform, statelessUniformInt } from '../graph/random.ts';
import { tf, type Tensor, type TensorSpec } from '../core/tensors.ts';
import { statelessNormal } from '../graph/random.ts';

/** Streams of random numbers within one step. */
export const streams = { rows: 0, dequantise: 1, flips: 2, opponent: 3 } as const;

/** The training set: points [N, D] float32, or images [N, H*W*C/4] int32 with four bytes in each
 *  (`graph/bytes.ts`). */
export interface DataForm {
  readonly shape: readonly number[];
  readonly count: number;
  readonly flips: boolean;
  /** The set is no variable of the graph: a step is fed the rows it draws, as its input `data`. It changes no
   *  result. */
  readonly fed?: boolean;
}

export const isImage = (form: Pick<DataForm, 'shape'>): boolean => form.shape.length === 3;
export const dimOf = (form: Pick<DataForm, 'shape'>): number => form.shape.reduce((a, b) => a * b, 1);

export const dataSpec = (form: DataForm): TensorSpec =>
  isImage(form)
    ? { shape: [form.count, dimOf(form) / 4], dtype: 'int32' }
    : { shape: [form.count, ...form.shape], dtype: 'float32' };

/** `size` data [B, ...shape] float32; images in [-1/2, 1/2), dequantised by uniform noise. `data`: the whole
 *  set, or where it is fed the step's rows of it. */
export function drawBatch(form: DataForm, data: Tensor, size: number, key: Tensor): Tensor {
  const rows = packedRows(form, data, size, key);
  if (!isImage(form)) return rows;
  const x = dequantise(greyLevels(form, rows), foldIn(key, streams.dequantise));
  return form.flips ? flipSome(x, foldIn(key, streams.flips)) : x;
}

/** The same images as grey levels [B, H, W, C], float32 of 0..255. */
export function drawBytes(form: DataForm, data: Tensor, size: number, key: Tensor): Tensor {
  const bytes = greyLevels(form, packedRows(form, data, size, key));
  return form.flips ? flipSome(bytes, foldIn(key, streams.flips)) : bytes;
}

const packedRows = (form: DataForm, data: Tensor, size: number, key: Tensor): Tensor =>
  form.fed ? data : gatherRows(data, drawRows(form, size, key));

/** Which rows a step draws: int32 [B]. */
export const drawRows = (form: DataForm, size: number, key: Tensor): Tensor =>
  statelessUniformInt([size], foldIn(key, streams.rows), form.count);

/** Packed rows int32 [B, H*W*C/4] -> grey levels [B, H, W, C], float32 of 0..255. */
export const greyLevels = ({ shape }: Pick<DataForm, 'shape'>, rows: Tensor): Tensor =>
  tf.reshape(unpackBytes(rows), [rows.shape[0]!, ...shape]);

/** The middle of each grey level, in (-1/2, 1/2): pixels for models that are no densities of them. */
export const centred = (bytes: Tensor): Tensor => tf.sub(tf.div(tf.add(bytes, 0.5), 256), 0.5);

/** The middles of the first and the last grey level are this far from the middle of the scale. */
export const outermostLevel = 255 / 512;

/** Grey levels 0..255 -> (b + U(0, 1)) / 256 - 1/2, as openai/glow. */
export const dequantise = (bytes: Tensor, key: Tensor): Tensor =>
  tf.sub(tf.div(tf.add(bytes, statelessUniform(bytes.shape, key)), 256), 0.5);

/** Mirrors each image [H, W, C] left to right with probability 1/2. */
function flipSome(x: Tensor, key: Tensor): Tensor {
  const mirrored = tf.cast(tf.less(statelessUniform([x.shape[0]!, 1, 1, 1], key), 0.5), 'float32');
  return tf.add(tf.mul(mirrored, tf.reverse(x, [2])), tf.mul(tf.sub(1, mirrored), x));
}

/** Standard normal latents of a step. */
export const drawLatents = (size: number, dim: number, key: Tensor): Tensor =>
  statelessNormal([size, dim], foldIn(key, streams.opponent));
