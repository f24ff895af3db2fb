/** TensorFlow's ops that move, cut, join and repeat values, in ONNX. */
import { RecordingError } from '../core/errors.ts';
import type { OnnxGraph, SymbolicSize } from './onnx-graph.ts';
import type { Translate } from './onnx-graph.ts';
import { attrOf, type OpNode, type Ref } from './recording.ts';

const toTheEnd = 2 ** 31 - 1;
const first = (graph: OnnxGraph, node: OpNode): string => graph.value(node.inputs[0]!);

/** The one size that follows from the batch is left to ONNX (-1). */
const reshape: Translate = (graph, node) => {
  const sizes = graph.sizes(node.inputs[1]!);
  const open = sizes.filter(({ times }) => times !== 0).length === 1;
  const shape = open
    ? graph.integers(sizes.map(({ fixed, times }) => (times === 0 ? fixed : -1)))
    : graph.shape(sizes);
  return graph.emit('Reshape', [first(graph, node), shape]);
};

const concat: Translate = (graph, node) => {
  const parts = node.inputs.slice(0, -1).map((ref) => graph.value(ref));
  return graph.emit('Concat', parts, { axis: graph.numbers(node.inputs.at(-1)!)[0]! });
};

/** Only the axes that are really cut. */
const slice: Translate = (graph, node) => {
  const [x, begin, size] = node.inputs as [Ref, Ref, Ref];
  const [starts, sizes] = [graph.sizes(begin), graph.sizes(size)];
  const ends = starts.map((start, i): SymbolicSize => ({
    fixed: start.fixed + sizes[i]!.fixed,
    times: start.times + sizes[i]!.times,
  }));
  const { shape } = graph.typeOf(x);
  const whole = (start: SymbolicSize, i: number): boolean => {
    const end = ends[i]!;
    return start.fixed === 0 && start.times === 0 && shape[i] === (end.times > 0 ? -end.times : end.fixed);
  };
  const axes = starts.flatMap((start, i) => (whole(start, i) ? [] : [i]));
  if (axes.length === 0) return graph.value(x);
  const pick = (from: readonly SymbolicSize[]): string => graph.shape(axes.map((axis) => from[axis]!));
  return graph.emit('Slice', [graph.value(x), pick(starts), pick(ends), graph.integers(axes)]);
};

const stridedSlice: Translate = (graph, node) => {
  const [x, begin, end, strides] = node.inputs as [Ref, Ref, Ref, Ref];
  if (attrOf(node, 'ellipsis_mask') || attrOf(node, 'new_axis_mask')) {
    throw new RecordingError(
      'Expected a strided slice without ellipsis and new axes, got one. Reshape before or after it.',
    );
  }
  const has = (mask: string, i: number): boolean => Boolean((Number(attrOf(node, mask) ?? 0) >> i) & 1);
  const steps = graph.numbers(strides);
  const open = (forwards: boolean): SymbolicSize => ({ fixed: forwards ? toTheEnd : -toTheEnd, times: 0 });
  const starts = graph
    .sizes(begin)
    .map((size, i) => (has('begin_mask', i) ? open(steps[i]! < 0) : size))
    .map((size, i) => (has('begin_mask', i) && steps[i]! > 0 ? { fixed: 0, times: 0 } : size));
  const ends = graph.sizes(end).map((size, i) => {
    if (!has('shrink_axis_mask', i)) return has('end_mask', i) ? open(steps[i]! > 0) : size;
    return starts[i]!.fixed === -1 ? open(true) : { ...starts[i]!, fixed: starts[i]!.fixed + 1 };
  });
  const cut = graph.emit('Slice', [
    graph.value(x),
    graph.shape(starts),
    graph.shape(ends),
    graph.integers([...steps.keys()]),
    graph.integers(steps),
  ]);
  const dropped = [...steps.keys()].filter((i) => has('shrink_axis_mask', i));
  return dropped.length === 0 ? cut : graph.emit('Squeeze', [cut, graph.integers(dropped)]);
};

const reverse: Translate = (graph, node) => {
  const axes = graph.numbers(node.inputs[1]!);
  const every = (value: number): string => graph.integers(axes.map(() => value));
  return graph.emit('Slice', [
    first(graph, node),
    every(-1),
    every(-toTheEnd),
    graph.integers(axes),
    every(-1),
  ]);
};

const split: Translate = (graph, node) => {
  const [x, sizes, axis] = node.inputs as [Ref, Ref, Ref];
  const parts = graph.sizes(sizes);
  return graph.emitAll(
    'Split',
    [graph.value(x), graph.shape(parts)],
    { axis: graph.numbers(axis)[0]! },
    parts.length,
  );
};

const pack: Translate = (graph, node) => {
  const axis = attrOf(node, 'axis') as number;
  const parts = node.inputs.map((ref) => graph.emit('Unsqueeze', [graph.value(ref), graph.integers([axis])]));
  return graph.emit('Concat', parts, { axis });
};

const unpack: Translate = (graph, node) => {
  const axis = attrOf(node, 'axis') as number;
  const count = node.outputs.length;
  const parts = graph.emitAll(
    'Split',
    [first(graph, node), graph.integers(Array(count).fill(1))],
    { axis },
    count,
  );
  return parts.map((part) => graph.emit('Squeeze', [part, graph.integers([axis])]));
};

/** TensorFlow pairs [before, after] for each axis; ONNX has all befores, then all afters. */
const pad: Translate = (graph, node) => {
  const pairs = graph.numbers(node.inputs[1]!);
  const amounts = [...pairs.filter((_, i) => i % 2 === 0), ...pairs.filter((_, i) => i % 2 === 1)];
  return graph.emit('Pad', [first(graph, node), graph.integers(amounts), graph.value(node.inputs[2]!)]);
};

const gather: Translate = (graph, node) => {
  if (attrOf(node, 'batch_dims'))
    throw new RecordingError('Expected a gather without batch dimensions, got one with some.');
  return graph.emit('Gather', [first(graph, node), graph.value(node.inputs[1]!)], {
    axis: graph.numbers(node.inputs[2]!)[0]!,
  });
};

const oneHot: Translate = (graph, node) => {
  const [indices, depth, on, off] = node.inputs as [Ref, Ref, Ref, Ref];
  const classes = Int32Array.from({ length: graph.numbers(depth)[0]! }, (_, i) => i);
  const column = graph.emit('Unsqueeze', [graph.value(indices), graph.integers([-1])]);
  const hit = graph.emit('Equal', [column, graph.constant('int32', [classes.length], classes)]);
  return graph.emit('Where', [hit, graph.value(on), graph.value(off)]);
};

/** A tensor of the output's shape, of one number. */
const filled =
  (value: number): Translate =>
  (graph, node) =>
    graph.emit('Expand', [graph.scalar(node.inputs[0]!, value), graph.shapeOf(node.outputs[0]!)]);

export const shapeOps: Readonly<Record<string, Translate>> = {
  Identity: first,
  Reshape: reshape,
  ConcatV2: concat,
  Slice: slice,
  StridedSlice: stridedSlice,
  ReverseV2: reverse,
  SplitV: split,
  Pack: pack,
  Unpack: unpack,
  PadV2: pad,
  GatherV2: gather,
  OneHot: oneHot,
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Transpose: (graph, node) =>
    graph.emit('Transpose', [first(graph, node)], { perm: graph.numbers(node.inputs[1]!) }),
  Tile: (graph, node) => graph.emit('Tile', [first(graph, node), graph.shape(graph.sizes(node.inputs[1]!))]),
  ExpandDims: (graph, node) =>
    graph.emit('Unsqueeze', [first(graph, node), graph.integers(graph.numbers(node.inputs[1]!))]),
  Fill: (graph, node) =>
    graph.emit('Expand', [graph.value(node.inputs[1]!), graph.shape(graph.sizes(node.inputs[0]!))]),
  BroadcastTo: (graph, node) =>
    graph.emit('Expand', [first(graph, node), graph.shape(graph.sizes(node.inputs[1]!))]),
};
