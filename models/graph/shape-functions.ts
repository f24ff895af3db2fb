/** What comes out of a TensorFlow op: shapes and types alone, so that a recording computes nothing. One
 *  function for each op in use, as TensorFlow's own shape functions (tensorflow/core/ops). An op without one
 *  is an error that names it. */
import { RecordingError, ShapeError } from '../core/errors.ts';
import type { LiteralValues, TensorType } from './recording.ts';
import { graphDTypeOf, type OpAttr } from '../core/tensorflow-backend.ts';
import { dtypeBytes } from './values.ts';

/** An input of an op; `values` where it is a literal. */
export interface Operand extends TensorType {
  readonly values: LiteralValues | null;
}

/** The types of the op's outputs. Throws RecordingError for an op without a shape function, or whose shape
 *  hangs on computed values; ShapeError where its inputs do not fit each other. */
export function outputTypes(
  op: string,
  attrs: readonly OpAttr[],
  inputs: readonly Operand[],
): readonly TensorType[] {
  const shapeFunction = shapeFunctions[op];
  if (shapeFunction === undefined) {
    throw new RecordingError(
      `Expected ops with a shape function in a recorded function, got ${op}. Add it to `
        + 'models/graph/shape-functions.ts.',
    );
  }
  const outputs = shapeFunction(new Call(op, attrs, inputs));
  return Array.isArray(outputs) ? (outputs as readonly TensorType[]) : [outputs as TensorType];
}

type Shape = readonly number[];
type ShapeFunction = (call: Call) => TensorType | readonly TensorType[];

/** One op with its inputs and attributes, and what most shape functions ask of them. */
class Call {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly #attrs: readonly OpAttr[];

  constructor(op: string, attrs: readonly OpAttr[], inputs: readonly Operand[]) {
    this.op = op;
    this.inputs = inputs;
    this.#attrs = attrs;
  }

  at(i: number): Operand {
    const input = this.inputs.at(i);
    if (input === undefined) throw this.misfit(`input ${i}`, 'none');
    return input;
  }

  attr(name: string): OpAttr['value'] {
    return this.#attrs.find((attr) => attr.name === name)?.value;
  }

  /** The type that an attribute names. */
  type(name: string): TensorType['dtype'] {
    return graphDTypeOf(Number(this.attr(name)));
  }

  /** The values of an input that says what the output's shape is. */
  numbers(i: number): number[] {
    const { values, shape } = this.at(i);
    if (values !== null) return Array.from(values);
    throw new RecordingError(
      `Expected input ${i} of ${this.op}, which its shape hangs on, to be written in the function, `
        + `got a computed one [${shape}].`,
    );
  }

  /** An axis given by an input, from the front. */
  axis(i: number, rank: number): number {
    return fromFront(this.numbers(i)[0]!, rank);
  }

  misfit(expected: string, got: string): ShapeError {
    return new ShapeError(
      `Expected ${expected} for ${this.op}, got ${got} (inputs: `
        + `${this.inputs.map(({ shape }) => `[${shape}]`).join(', ')}).`,
    );
  }
}

const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const typed = (shape: Shape, { dtype }: Pick<TensorType, 'dtype'>): TensorType => ({ shape, dtype });
const withAxis = (shape: Shape, axis: number, size: number): Shape =>
  shape.map((old, i) => (i === axis ? size : old));

const likeFirst: ShapeFunction = (call) => typed(call.at(0).shape, call.at(0));
const broadcast: ShapeFunction = (call) => typed(broadcastShape(call), call.at(0));
const comparison: ShapeFunction = (call) => ({ shape: broadcastShape(call), dtype: 'bool' });
const drawn: ShapeFunction = (call) => ({ shape: call.numbers(0), dtype: call.type('dtype') });

const reduction: ShapeFunction = (call) => {
  const x = call.at(0);
  const axes = new Set(call.numbers(1).map((axis) => fromFront(axis, x.shape.length)));
  const kept = call.attr('keep_dims') === true;
  return typed(
    x.shape.flatMap((size, axis) => (axes.has(axis) ? (kept ? [1] : []) : [size])),
    x,
  );
};

const shapeFunctions: Readonly<Record<string, ShapeFunction>> = {
  ...same(
    [
      'Abs',
      'Acos',
      'Acosh',
      'Asin',
      'Asinh',
      'Atan',
      'Atanh',
      'Ceil',
      'Cos',
      'Cosh',
      'Elu',
      'Erf',
      'Exp',
      'Expm1',
      'Floor',
      'LeakyRelu',
      'Log',
      'Log1p',
      'LogSoftmax',
      'Neg',
      'Reciprocal',
      'Relu',
      'Relu6',
      'Round',
      'Rsqrt',
      'Selu',
      'Sigmoid',
      'Sign',
      'Sin',
      'Sinh',
      'Softmax',
      'Softplus',
      'Sqrt',
      'Square',
      'Tan',
      'Tanh',
    ],
    likeFirst,
  ),
  ...same(
    [
      'AddN',
      'BiasAdd',
      'CopyAfter',
      'Cumprod',
      'Cumsum',
      'EluGrad',
      'LeakyReluGrad',
      'LogicalNot',
      'OnesLike',
      'ReluGrad',
      'ReverseV2',
      'ZerosLike',
    ],
    likeFirst,
  ),
  ...same(
    [
      'Add',
      'Atan2',
      'FloorDiv',
      'FloorMod',
      'LogicalAnd',
      'LogicalOr',
      'Maximum',
      'Minimum',
      'Mul',
      'Pow',
      'RealDiv',
      'SquaredDifference',
      'Sub',
    ],
    broadcast,
  ),
  ...same(['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual'], comparison),
  ...same(['IsFinite', 'IsInf', 'IsNan'], (call) => ({ shape: call.at(0).shape, dtype: 'bool' })),
  ...same(['Max', 'Mean', 'Min', 'Prod', 'Sum'], reduction),
  ...same(
    [
      'StatelessRandomNormal',
      'StatelessRandomUniform',
      'StatelessRandomUniformFullInt',
      'StatelessRandomUniformInt',
    ],
    drawn,
  ),
  ArgMax: (call) => ({
    shape: without(call.at(0).shape, call.axis(1, call.at(0).shape.length)),
    dtype: call.type('output_type'),
  }),
  BatchMatMulV2: batchProduct,
  BiasAddGrad: (call) => typed(call.at(0).shape.slice(-1), call.at(0)),
  Bitcast: bitcast,
  Cast: (call) => ({ shape: call.at(0).shape, dtype: call.type('DstT') }),
  ConcatV2: concat,
  Conv2D: convolution,
  Conv2DBackpropFilter: (call) => typed(call.numbers(1), call.at(0)),
  Conv2DBackpropInput: (call) => typed(call.numbers(0), call.at(1)),
  ExpandDims: (call) =>
    typed(inserted(call.at(0).shape, call.axis(1, call.at(0).shape.length + 1), 1), call.at(0)),
  Fill: (call) => typed(call.numbers(0), call.at(1)),
  GatherV2: gather,
  MatMul: product,
  OneHot: oneHot,
  Pack: (call) =>
    typed(
      inserted(
        call.at(0).shape,
        fromFront(Number(call.attr('axis')), call.at(0).shape.length + 1),
        call.inputs.length,
      ),
      call.at(0),
    ),
  PadV2: (call) =>
    typed(
      call.at(0).shape.map((size, i) => size + call.numbers(1)[2 * i]! + call.numbers(1)[2 * i + 1]!),
      call.at(0),
    ),
  Range: range,
  Reshape: reshape,
  Select: (call) => typed(call.at(1).shape, call.at(1)),
  Slice: slice,
  SplitV: (call) =>
    call
      .numbers(1)
      .map((size) =>
        typed(withAxis(call.at(0).shape, call.axis(2, call.at(0).shape.length), size), call.at(0)),
      ),
  StridedSlice: stridedSlice,
  Tile: (call) =>
    typed(
      call.at(0).shape.map((size, i) => size * call.numbers(1)[i]!),
      call.at(0),
    ),
  TopKV2: topK,
  Transpose: (call) =>
    typed(
      call.numbers(1).map((axis) => call.at(0).shape[axis]!),
      call.at(0),
    ),
  Unpack: (call) =>
    Array.from({ length: Number(call.attr('num')) }, () =>
      typed(
        without(call.at(0).shape, fromFront(Number(call.attr('axis')), call.at(0).shape.length)),
        call.at(0),
      ),
    ),
  UnsortedSegmentSum: (call) =>
    typed([...call.numbers(2), ...call.at(0).shape.slice(call.at(1).shape.length)], call.at(0)),
};

function same(ops: readonly string[], shapeFunction: ShapeFunction): Record<string, ShapeFunction> {
  return Object.fromEntries(ops.map((op) => [op, shapeFunction]));
}

function without(shape: Shape, axis: number): Shape {
  return shape.filter((_, i) => i !== axis);
}

function inserted(shape: Shape, axis: number, size: number): Shape {
  return [...shape.slice(0, axis), size, ...shape.slice(axis)];
}

/** NumPy's rule: from the last axis on, sizes are equal or one of them is 1. */
function broadcastShape(call: Call): Shape {
  const [a, b] = [call.at(0).shape, call.at(1).shape];
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a[i + a.length - rank] ?? 1, b[i + b.length - rank] ?? 1];
    if (m !== n && m !== 1 && n !== 1)
      throw call.misfit('inputs that broadcast', `sizes ${m} and ${n} on one axis`);
    return m === 1 ? n : m;
  });
}

function product(call: Call): TensorType {
  const [m, inner] = turned(call.at(0).shape, call.attr('transpose_a') === true);
  const [other, n] = turned(call.at(1).shape, call.attr('transpose_b') === true);
  if (inner !== other) throw call.misfit('inner sizes that agree', `${inner} and ${other}`);
  return typed([m, n], call.at(0));
}

function batchProduct(call: Call): TensorType {
  const [a, b] = [call.at(0).shape, call.at(1).shape];
  const [m, inner] = turned(a.slice(-2), call.attr('adj_x') === true);
  const [other, n] = turned(b.slice(-2), call.attr('adj_y') === true);
  if (inner !== other) throw call.misfit('inner sizes that agree', `${inner} and ${other}`);
  const batch = broadcastShape(
    new Call(
      call.op,
      [],
      [
        { ...call.at(0), shape: a.slice(0, -2) },
        { ...call.at(1), shape: b.slice(0, -2) },
      ],
    ),
  );
  return typed([...batch, m, n], call.at(0));
}

function turned([rows, columns]: Shape, transposed: boolean): [number, number] {
  return transposed ? [columns!, rows!] : [rows!, columns!];
}

/** Between types of four bytes and of one, as image data is packed: a new last axis of four, or that axis
 *  gone. */
function bitcast(call: Call): TensorType {
  const { shape, dtype } = call.at(0);
  const to = call.type('type');
  const [from, into] = [dtype, to].map((type) =>
    type === 'uint8' || type === 'bool' ? 1 : type === 'int64' ? 8 : 4,
  ) as [number, number];
  if (from === into) return { shape, dtype: to };
  if (from > into) return { shape: [...shape, from / into], dtype: to };
  if (shape.at(-1) !== into / from) throw call.misfit(`a last axis of ${into / from}`, String(shape.at(-1)));
  return { shape: shape.slice(0, -1), dtype: to };
}

function concat(call: Call): TensorType {
  const first = call.at(0);
  const axis = call.axis(-1, first.shape.length);
  const parts = call.inputs.slice(0, -1);
  const odd = parts.find(
    ({ shape }) =>
      shape.length !== first.shape.length || shape.some((size, i) => i !== axis && size !== first.shape[i]),
  );
  if (odd) throw call.misfit(`equal sizes on all axes but ${axis}`, `[${odd.shape}] beside [${first.shape}]`);
  return typed(
    withAxis(
      first.shape,
      axis,
      parts.reduce((sum, { shape }) => sum + shape[axis]!, 0),
    ),
    first,
  );
}

/** x [B, H, W, inputs], kernel [height, width, inputs, outputs]. */
function convolution(call: Call): TensorType {
  const {
    shape: [batch, height, width, inputs],
  } = call.at(0);
  const { shape: kernel } = call.at(1);
  if (inputs !== kernel[2]) throw call.misfit(`a kernel of ${inputs} input channels`, String(kernel[2]));
  const strides = call.attr('strides') as readonly number[];
  const dilations = call.attr('dilations') as readonly number[];
  const padding = String(call.attr('padding'));
  if (padding !== 'SAME' && padding !== 'VALID')
    throw new RecordingError(
      `Expected padding SAME or VALID of Conv2D in a recorded function, got ${padding}.`,
    );
  const side = (size: number, axis: 1 | 2): number => {
    const reach = (kernel[axis - 1]! - 1) * dilations[axis]! + 1;
    return Math.ceil((padding === 'SAME' ? size : size - reach + 1) / strides[axis]!);
  };
  return typed([batch!, side(height!, 1), side(width!, 2), kernel[3]!], call.at(0));
}

function gather(call: Call): TensorType {
  const [params, indices] = [call.at(0), call.at(1)];
  if (call.attr('batch_dims') !== 0)
    throw new RecordingError(
      `Expected GatherV2 without batch_dims in a recorded function, got ${call.attr('batch_dims')}.`,
    );
  const axis = call.axis(2, params.shape.length);
  return typed([...params.shape.slice(0, axis), ...indices.shape, ...params.shape.slice(axis + 1)], params);
}

function oneHot(call: Call): TensorType {
  const { shape } = call.at(0);
  const axis = Number(call.attr('axis'));
  return typed(inserted(shape, axis === -1 ? shape.length : axis, call.numbers(1)[0]!), call.at(2));
}

function range(call: Call): TensorType {
  const [start, limit, delta] = [0, 1, 2].map((i) => call.numbers(i)[0]!) as [number, number, number];
  return { shape: [Math.max(0, Math.ceil((limit - start) / delta))], dtype: call.type('Tidx') };
}

function reshape(call: Call): TensorType {
  const x = call.at(0);
  const asked = call.numbers(1);
  const known = asked.filter((size) => size >= 0).reduce((a, b) => a * b, 1);
  const shape = asked.map((size) => (size < 0 ? dtypeBytes(x.shape) / known : size));
  if (dtypeBytes(shape) !== dtypeBytes(x.shape))
    throw call.misfit(`a shape of ${dtypeBytes(x.shape)} numbers`, `[${asked}]`);
  return typed(shape, x);
}

function slice(call: Call): TensorType {
  const x = call.at(0);
  const [begin, size] = [call.numbers(1), call.numbers(2)];
  const shape = x.shape.map((whole, i) => (size[i]! < 0 ? whole - begin[i]! : size[i]!));
  if (shape.some((part, i) => begin[i]! < 0 || begin[i]! + part > x.shape[i]!))
    throw call.misfit('a slice within its input', `from [${begin}], of [${size}]`);
  return typed(shape, x);
}

/** Without ellipsis and new axes, which tfjs resolves itself. */
function stridedSlice(call: Call): TensorType {
  const x = call.at(0);
  if (Number(call.attr('ellipsis_mask')) !== 0 || Number(call.attr('new_axis_mask')) !== 0) {
    throw new RecordingError(
      'Expected StridedSlice without ellipsis or new axes in a recorded function, got one with. Use '
        + 'slice and expandDims.',
    );
  }
  const [begin, end, strides] = [call.numbers(1), call.numbers(2), call.numbers(3)];
  const isIn = (mask: string, axis: number): boolean => ((Number(call.attr(mask)) >> axis) & 1) === 1;
  const within = (at: number, size: number, backwards: boolean): number =>
    Math.min(Math.max(fromFront(at, size), backwards ? -1 : 0), backwards ? size - 1 : size);
  const shape = x.shape.flatMap((size, axis) => {
    if (axis >= begin.length) return [size];
    if (isIn('shrink_axis_mask', axis)) return [];
    const backwards = strides[axis]! < 0;
    const from = isIn('begin_mask', axis)
      ? backwards
        ? size - 1
        : 0
      : within(begin[axis]!, size, backwards);
    const to = isIn('end_mask', axis) ? (backwards ? -1 : size) : within(end[axis]!, size, backwards);
    return [Math.max(0, Math.ceil((to - from) / strides[axis]!))];
  });
  return typed(shape, x);
}

function topK(call: Call): readonly TensorType[] {
  const x = call.at(0);
  const shape = withAxis(x.shape, x.shape.length - 1, call.numbers(1)[0]!);
  return [typed(shape, x), { shape, dtype: 'int32' }];
}
