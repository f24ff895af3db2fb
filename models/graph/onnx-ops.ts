/** One entry for each TensorFlow op that ONNX files may hold: how it is said in ONNX, opset 18. Arithmetic,
 *  products and reductions are here, ops that move values about in `onnx-shape-ops.ts`. */
import { RecordingError } from '../core/errors.ts';
import { graphDTypeOf } from '../core/tensorflow-backend.ts';
import type { OnnxGraph, Translate } from './onnx-graph.ts';
import { onnxType } from './onnx-proto.ts';
import { shapeOps } from './onnx-shape-ops.ts';
import { attrOf, type OpNode, type Ref } from './recording.ts';

const all = (graph: OnnxGraph, node: OpNode): string[] => node.inputs.map((ref) => graph.value(ref));

const direct =
  (op: string): Translate =>
  (graph, node) =>
    graph.emit(op, all(graph, node));

const negated =
  (op: string): Translate =>
  (graph, node) =>
    graph.emit('Not', [graph.emit(op, all(graph, node))]);

const int = (graph: OnnxGraph, ref: Ref): boolean => graph.typeOf(ref).dtype === 'int32';

const reduction =
  (op: string): Translate =>
  (graph, node) => {
    const [x, axes] = node.inputs as [Ref, Ref];
    const over = graph.numbers(axes);
    if (over.length === 0) return graph.value(x);
    return graph.emit(op, [graph.value(x), graph.integers(over)], {
      keepdims: Number(Boolean(attrOf(node, 'keep_dims'))),
    });
  };

const square: Translate = (graph, node) => {
  const x = graph.value(node.inputs[0]!);
  return graph.emit('Mul', [x, x]);
};

const squaredDifference: Translate = (graph, node) => {
  const difference = graph.emit('Sub', all(graph, node));
  return graph.emit('Mul', [difference, difference]);
};

/** Exact near 0, where log(1 + x) alone is not: log(u) x / (u - 1) with u = 1 + x as rounded (W. Kahan). */
const log1p: Translate = (graph, node) => {
  const x = graph.value(node.inputs[0]!);
  const one = graph.scalar(node.inputs[0]!, 1);
  const u = graph.emit('Add', [x, one]);
  const ratio = graph.emit('Div', [x, graph.emit('Sub', [u, one])]);
  return graph.emit('Where', [
    graph.emit('Equal', [u, one]),
    x,
    graph.emit('Mul', [graph.emit('Log', [u]), ratio]),
  ]);
};

/** exp(x) - 1 = 2 sinh(x / 2) exp(x / 2), exact near 0. */
const expm1: Translate = (graph, node) => {
  const half = graph.emit('Mul', [graph.value(node.inputs[0]!), graph.scalar(node.inputs[0]!, 0.5)]);
  const product = graph.emit('Mul', [graph.emit('Sinh', [half]), graph.emit('Exp', [half])]);
  return graph.emit('Mul', [product, graph.scalar(node.inputs[0]!, 2)]);
};

const floorDiv: Translate = (graph, node) => {
  const [a, b] = all(graph, node) as [string, string];
  if (!int(graph, node.inputs[0]!)) return graph.emit('Floor', [graph.emit('Div', [a, b])]);
  // ONNX divides towards zero; taking the (floored) remainder off first makes the division exact.
  return graph.emit('Div', [graph.emit('Sub', [a, graph.emit('Mod', [a, b])]), b]);
};

const floorMod: Translate = (graph, node) => {
  const [a, b] = all(graph, node) as [string, string];
  if (int(graph, node.inputs[0]!)) return graph.emit('Mod', [a, b]);
  return graph.emit('Sub', [a, graph.emit('Mul', [graph.emit('Floor', [graph.emit('Div', [a, b])]), b])]);
};

const product =
  (left: string, right: string): Translate =>
  (graph, node) => {
    const [a, b] = node.inputs.map((ref, i) => {
      const rank = graph.typeOf(ref).shape.length;
      const order = [...Array(rank - 2).keys(), rank - 1, rank - 2];
      return attrOf(node, [left, right][i]!)
        ? graph.emit('Transpose', [graph.value(ref)], { perm: order })
        : graph.value(ref);
    });
    return graph.emit('MatMul', [a!, b!]);
  };

/** TensorFlow's [B,H,W,C] and [h,w,in,out] against ONNX's [B,C,H,W] and [out,in,h,w]; onnxruntime cancels
 *  neighbouring transposes. */
const conv2d: Translate = (graph, node) => {
  const [x, filter] = node.inputs as [Ref, Ref];
  const spatial = (name: string): number[] => (attrOf(node, name) as number[]).slice(1, 3);
  const padding = attrOf(node, 'padding') as string;
  const [top, bottom, left, right] =
    padding === 'EXPLICIT' ? (attrOf(node, 'explicit_paddings') as number[]).slice(2, 6) : [0, 0, 0, 0];
  const pad: Record<string, string | number[]> =
    padding === 'SAME' ? { auto_pad: 'SAME_UPPER' } : { pads: [top!, left!, bottom!, right!] };
  const images = graph.emit('Transpose', [graph.value(x)], { perm: [0, 3, 1, 2] });
  const weights = graph.emit('Transpose', [graph.value(filter)], { perm: [3, 2, 0, 1] });
  const result = graph.emit('Conv', inFours(graph, graph.typeOf(x).shape[3]!, [images, weights]), {
    strides: spatial('strides'),
    dilations: spatial('dilations'),
    ...pad,
  });
  return graph.emit('Transpose', [result], { perm: [0, 2, 3, 1] });
};

/** Zeros after the channels (axis 1), up to the next multiple of 4: with 6, 9 or 18 of them, of 1 to 10 and
 *  some above, onnxruntime 1.30's WebGPU provider convolves wrongly; 1 to 3 come out right (see
 *  microsoft/onnxruntime#29651). */
function inFours(graph: OnnxGraph, channels: number, tensors: readonly string[]): readonly string[] {
  const lacking = channels < 4 ? 0 : (4 - (channels % 4)) % 4;
  return lacking === 0
    ? tensors
    : tensors.map((tensor) => graph.emit('Pad', [tensor, graph.integers([0, 0, 0, 0, 0, lacking, 0, 0])]));
}

/** The transposed convolution. Its filter is that of the convolution it is the adjoint of: [h,w,out,in], ONNX
 *  has [in,out,h,w]. ONNX gives stride (in - 1) + h before padding: what is over is cut off, the odd one at
 *  the end as `SAME` has it, what lacks is added. */
const conv2dTransposed: Translate = (graph, node) => {
  const [, filter, x] = node.inputs as [Ref, Ref, Ref];
  if (attrOf(node, 'padding') === 'EXPLICIT')
    throw new RecordingError(
      'Expected a transposed convolution with padding same or valid, got explicit padding.',
    );
  const strides = (attrOf(node, 'strides') as number[]).slice(1, 3);
  const dilations = (attrOf(node, 'dilations') as number[]).slice(1, 3);
  const over = strides.map((stride, i) => {
    const reach = (graph.typeOf(filter).shape[i]! - 1) * dilations[i]! + 1;
    return stride * (graph.typeOf(x).shape[i + 1]! - 1) + reach - node.outputs[0]!.shape[i + 1]!;
  });
  const cut = over.map((size) => Math.max(0, size));
  const pads = [...cut.map((size) => Math.floor(size / 2)), ...cut.map((size) => Math.ceil(size / 2))];
  const images = graph.emit('Transpose', [graph.value(x)], { perm: [0, 3, 1, 2] });
  const weights = graph.emit('Transpose', [graph.value(filter)], { perm: [3, 2, 0, 1] });
  const result = graph.emit('ConvTranspose', [images, weights], {
    strides,
    dilations,
    pads,
    output_padding: over.map((size) => Math.max(0, -size)),
  });
  return graph.emit('Transpose', [result], { perm: [0, 2, 3, 1] });
};

const cast: Translate = (graph, node) =>
  graph.emit('Cast', all(graph, node), { to: onnxType[graphDTypeOf(attrOf(node, 'DstT') as number)] });

const argmax =
  (op: string): Translate =>
  (graph, node) => {
    const index = graph.emit(op, [graph.value(node.inputs[0]!)], {
      axis: graph.numbers(node.inputs[1]!)[0]!,
      keepdims: 0,
    });
    return graph.emit('Cast', [index], { to: onnxType.int32 });
  };

const cumsum: Translate = (graph, node) =>
  graph.emit('CumSum', [graph.value(node.inputs[0]!), graph.value(node.inputs[1]!)], {
    exclusive: Number(Boolean(attrOf(node, 'exclusive'))),
    reverse: Number(Boolean(attrOf(node, 'reverse'))),
  });

export const onnxOps: Readonly<Record<string, Translate>> = {
  ...shapeOps,
  Neg: direct('Neg'),
  Abs: direct('Abs'),
  Sign: direct('Sign'),
  Floor: direct('Floor'),
  Ceil: direct('Ceil'),
  Round: direct('Round'),
  Sqrt: direct('Sqrt'),
  Reciprocal: direct('Reciprocal'),
  Exp: direct('Exp'),
  Log: direct('Log'),
  Log1p: log1p,
  Expm1: expm1,
  Rsqrt: (graph, node) => graph.emit('Reciprocal', [graph.emit('Sqrt', all(graph, node))]),
  Square: square,
  SquaredDifference: squaredDifference,
  Erf: direct('Erf'),
  Sin: direct('Sin'),
  Cos: direct('Cos'),
  Tan: direct('Tan'),
  Sinh: direct('Sinh'),
  Cosh: direct('Cosh'),
  Tanh: direct('Tanh'),
  Sigmoid: direct('Sigmoid'),
  Softplus: direct('Softplus'),
  Relu: direct('Relu'),
  Elu: direct('Elu'),
  Selu: direct('Selu'),
  Softmax: direct('Softmax'),
  Relu6: (graph, node) =>
    graph.emit('Clip', [
      ...all(graph, node),
      graph.scalar(node.inputs[0]!, 0),
      graph.scalar(node.inputs[0]!, 6),
    ]),
  LeakyRelu: (graph, node) =>
    graph.emit('LeakyRelu', all(graph, node), { alpha: { float: attrOf(node, 'alpha') as number } }),
  Add: direct('Add'),
  AddV2: direct('Add'),
  BiasAdd: direct('Add'),
  AddN: direct('Sum'),
  Sub: direct('Sub'),
  Mul: direct('Mul'),
  Div: direct('Div'),
  RealDiv: direct('Div'),
  FloorDiv: floorDiv,
  FloorMod: floorMod,
  Pow: direct('Pow'),
  Maximum: direct('Max'),
  Minimum: direct('Min'),
  Equal: direct('Equal'),
  NotEqual: negated('Equal'),
  Greater: direct('Greater'),
  GreaterEqual: direct('GreaterOrEqual'),
  Less: direct('Less'),
  LessEqual: direct('LessOrEqual'),
  LogicalAnd: direct('And'),
  LogicalOr: direct('Or'),
  LogicalNot: direct('Not'),
  IsNan: direct('IsNaN'),
  IsInf: direct('IsInf'),
  Select: direct('Where'),
  SelectV2: direct('Where'),
  Cast: cast,
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
  ArgMax: argmax('ArgMax'),
  ArgMin: argmax('ArgMin'),
  Cumsum: cumsum,
  MatMul: product('transpose_a', 'transpose_b'),
  BatchMatMulV2: product('adj_x', 'adj_y'),
  Conv2D: conv2d,
  Conv2DBackpropInput: conv2dTransposed,
};
