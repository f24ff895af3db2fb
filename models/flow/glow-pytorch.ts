/** The network of y0ast/Glow-PyTorch as parameters of this flow: the same map and the same density, exactly,
 *  up to float32. Source: Kingma and Dhariwal 2018; y0ast/Glow-PyTorch, model.py and modules.py, whose
 *  definition is followed:
 *  - squeeze puts position p = 2 dy + dx of colour c into channel 4 c + p, ours into p C + c: a permutation
 *    of the next step's inputs;
 *  - z = W x over channels, W = P L (U + diag(s)) or a plain matrix, ours x W: the transpose, factorised anew
 *    with its own P and signs;
 *  - convolutions in couplings carry an actnorm, (conv(x) + bias) e^logs, and the last one bias and e^(3
 *    logs): they become kernels and biases;
 *  - shift and scale, and mean and log-deviation of a split, take turns in the channels, here they lie one
 *    after the other. Densities: x = byte / 256 - 1/2 + u / 256 with u uniform, in [-1/2, 1/2), as here. Its
 *    bits per dimension are (log 256 - log q(x) / D) / log 2 for D values of an image, and so are ours: both
 *    count 8 bits. */
import { DataError } from '../core/errors.ts';
import { below } from '../core/params.ts';
import type { NamedArray, NamedArrays } from '../core/tensors.ts';
import { factorise64, multiply64, rows64, type Matrix64 } from './matrix64.ts';

export interface PytorchGlow {
  readonly levels: number;
  readonly depth: number;
  /** Channels inside the couplings. */
  readonly width: number;
  readonly colours: number;
  /** The prior of the deepest latents is learned. */
  readonly learnsTop: boolean;
  /** 1x1 convolutions are stored as P, L, U and s, and not as matrices. */
  readonly factorised: boolean;
}

/** A tensor's values, row-major, of the shape that is expected. Throws where there is no such tensor. */
export type Take = (name: string, shape: readonly number[]) => Float64Array;

/** Parameters of `imageGlow` with mixing `lu-stored`, scale `sigmoid`, splitScale `free` and, where it is
 *  learned, top `learned`, by name. Throws what `take` throws, and DataError where a 1x1 convolution cannot
 *  be inverted. */
export function fromGlowPytorch(glow: PytorchGlow, take: Take): NamedArrays {
  const { levels, depth, width, colours, learnsTop } = glow;
  const parts: NamedArrays[] = [];
  let level = '';
  for (let i = 0; i < levels; i++) {
    const channels = colours * 4 * 2 ** i;
    const squeeze = i * (depth + 2);
    for (let k = 0; k < depth; k++) {
      const order = k === 0 ? squeezed(channels) : inOrder(channels);
      const form = { channels, width, order, factorised: glow.factorised };
      parts.push(below(`${level}step${k}`, stepFrom(`flow.layers.${squeeze + 1 + k}`, form, take)));
    }
    if (i < levels - 1) {
      const path = `flow.layers.${squeeze + depth + 1}.conv`;
      parts.push(
        below(`${level}split/prior`, zeroConv(path, [channels, channels / 2], evensFirst(channels), take)),
      );
      level += 'split/deeper/';
    } else if (learnsTop) parts.push(below(`${level}prior`, topFrom(channels, take)));
  }
  return Object.assign({}, ...parts) as NamedArrays;
}

interface StepForm {
  readonly channels: number;
  readonly width: number;
  /** Their channel of each of our inputs. */
  readonly order: readonly number[];
  readonly factorised: boolean;
}

function stepFrom(path: string, { channels, width, order, factorised }: StepForm, take: Take): NamedArrays {
  const [bias, logs] = ['bias', 'logs'].map((part) => take(`${path}.actnorm.${part}`, [1, channels, 1, 1]));
  const w = factorised
    ? product(`${path}.invconv`, channels, take)
    : rows64(take(`${path}.invconv.weight`, [channels, channels]), channels);
  return {
    ...below('actNorm', {
      bias: vector(order.map((from) => bias![from]!)),
      logScale: vector(order.map((from) => logs![from]!)),
    }),
    // x W' = W x with our channels in place of theirs
    ...below(
      'invertibleConv',
      stored(
        order.map((from) => w.map((row) => row[from]!)),
        `${path}.invconv`,
      ),
    ),
    ...below('coupling/layer0', normedConv(`${path}.block.0`, [width, channels / 2, 3], take)),
    ...below('coupling/layer1', normedConv(`${path}.block.2`, [width, width, 1], take)),
    ...below(
      'coupling/layer2',
      zeroConv(`${path}.block.4`, [channels, width], evensFirst(channels, 1), take),
    ),
  };
}

/** W = P L (U + diag(s)), [out][in]. */
function product(path: string, size: number, take: Take): Matrix64 {
  const [p, lower, upper] = ['p', 'lower', 'upper'].map((part) =>
    rows64(take(`${path}.${part}`, [size, size]), size),
  );
  const [logs, signs] = ['log_s', 'sign_s'].map((part) => take(`${path}.${part}`, [size]));
  const l = lower!.map((row, i) => row.map((value, j) => (j < i ? value : Number(i === j))));
  const u = upper!.map((row, i) =>
    row.map((value, j) => (j > i ? value : i === j ? signs![i]! * Math.exp(logs![i]!) : 0)),
  );
  return multiply64(p!, multiply64(l, u));
}

/** As `luMixing` stores it. */
function stored(w: Matrix64, path: string): NamedArrays {
  const { p, l, u } = factorised(w, path);
  const size = w.length;
  const square = (rows: Matrix64): NamedArray => ({
    shape: [size, size],
    dtype: 'float32',
    values: Float32Array.from(rows.flat()),
  });
  const diagonal = u.map((row, i) => row[i]!);
  return {
    lower: square(l.map((row, i) => row.map((value, j) => (j < i ? value : 0)))),
    upper: square(u.map((row, i) => row.map((value, j) => (j > i ? value : 0)))),
    logS: vector(diagonal.map((value) => Math.log(Math.abs(value)))),
    permutation: square(p),
    signs: vector(diagonal.map(Math.sign)),
  };
}

function factorised(w: Matrix64, path: string): ReturnType<typeof factorise64> {
  try {
    return factorise64(w);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(`Expected ${path} to be an invertible matrix, got one without: ${error.message}`);
  }
}

/** (conv(x) + bias) e^logs; the convolution has no bias of its own. */
function normedConv(
  path: string,
  [outputs, inputs, size]: readonly [number, number, number],
  take: Take,
): NamedArrays {
  const kernel = take(`${path}.conv.weight`, [outputs, inputs, size, size]);
  const [bias, logs] = ['bias', 'logs'].map((part) => take(`${path}.actnorm.${part}`, [1, outputs, 1, 1]));
  return folded(kernel, bias!, logs!.map(Math.exp), { inputs, size, order: inOrder(outputs) });
}

/** (conv(x) + bias) e^(3 logs), whose output channels are taken in another order. */
function zeroConv(
  path: string,
  [outputs, inputs]: readonly [number, number],
  order: readonly number[],
  take: Take,
): NamedArrays {
  const kernel = take(`${path}.conv.weight`, [outputs, inputs, 3, 3]);
  const scale = take(`${path}.logs`, [outputs, 1, 1]).map((value) => Math.exp(3 * value));
  return folded(kernel, take(`${path}.conv.bias`, [outputs]), scale, { inputs, size: 3, order });
}

interface KernelForm {
  readonly inputs: number;
  /** Height and width. */
  readonly size: number;
  /** Their output channel of each of ours. */
  readonly order: readonly number[];
}

/** [out, in, h, w] -> [h, w, in, out]. */
function folded(
  kernel: Float64Array,
  bias: Float64Array,
  scale: Float64Array,
  { inputs, size, order }: KernelForm,
): NamedArrays {
  const outputs = order.length;
  const values = new Float32Array(kernel.length);
  order.forEach((from, to) => {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < size ** 2; place++) {
        values[(place * inputs + input) * outputs + to] =
          kernel[(from * inputs + input) * size ** 2 + place]! * scale[from]!;
      }
    }
  });
  const weight: NamedArray = { shape: [size, size, inputs, outputs], dtype: 'float32', values };
  return { weight, bias: vector(order.map((from) => bias[from]! * scale[from]!)) };
}

/** A convolution of zeros: its bias is left, the means first and then the log-deviations. */
function topFrom(channels: number, take: Take): NamedArrays {
  take('learn_top_fn.conv.weight', [2 * channels, 2 * channels, 3, 3]);
  const logs = take('learn_top_fn.logs', [2 * channels, 1, 1]);
  const h = take('learn_top_fn.conv.bias', [2 * channels]).map((value, i) => value * Math.exp(3 * logs[i]!));
  return { mean: vector(h.subarray(0, channels)), logStd: vector(h.subarray(channels)) };
}

const vector = (values: ArrayLike<number>): NamedArray => ({
  shape: [values.length],
  dtype: 'float32',
  values: Float32Array.from(values),
});
const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
/** Their channel of each of ours, after a squeeze. */
const squeezed = (count: number): number[] =>
  inOrder(count).map((i) => 4 * (i % (count / 4)) + Math.floor(i / (count / 4)));
/** 0, 2, 4, ..., 1, 3, ...; with `from` = 1 the odd ones first. */
const evensFirst = (count: number, from: 0 | 1 = 0): number[] =>
  [from, 1 - from].flatMap((start) => inOrder(count / 2).map((i) => 2 * i + start));
