/** What depends on weights and literals alone is computed once, by TensorFlow, and becomes a literal. */
import { tf, type NamedArrays, type Tensor } from '../core/tensors.ts';
import {
  inputsOf,
  typeOf,
  type LiteralValues,
  type RecordedNode,
  type Recording,
  type Ref,
} from './recording.ts';
import { simplify } from './simplify.ts';
import { tensorflowBackend } from '../core/tensorflow-backend.ts';

export function foldConstants(recording: Recording, weights: NamedArrays): Recording {
  const { nodes } = recording;
  const fixed = fixedNodes(nodes);
  const results = [...Object.values(recording.outputs), ...Object.values(recording.updates)];
  const wanted = [...nodes.filter((_, i) => !fixed[i]).flatMap(inputsOf), ...results].filter(
    (ref) => fixed[ref.node] && nodes[ref.node]!.kind === 'op',
  );
  const values = evaluate(nodes, wanted, weights);
  const literals = [...values].map(([key, value]): RecordedNode => {
    const [node, output] = key.split(':').map(Number) as [number, number];
    return { kind: 'literal', values: value, outputs: [typeOf(nodes, { node, output })] };
  });
  const place = new Map([...values.keys()].map((key, i) => [key, i]));
  const moved = (ref: Ref): Ref => {
    const literal = place.get(keyOf(ref));
    return literal === undefined
      ? { node: ref.node + literals.length, output: ref.output }
      : { node: literal, output: 0 };
  };
  const rest = nodes.map((node) => (node.kind === 'op' ? { ...node, inputs: node.inputs.map(moved) } : node));
  const movedAll = (refs: Readonly<Record<string, Ref>>): Record<string, Ref> =>
    Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, moved(ref)]));
  return simplify({
    nodes: [...literals, ...rest],
    outputs: movedAll(recording.outputs),
    updates: movedAll(recording.updates),
  });
}

const keyOf = ({ node, output }: Ref): string => `${node}:${output}`;

/** True for nodes that no input and no batch size reaches. */
function fixedNodes(nodes: readonly RecordedNode[]): boolean[] {
  const fixed: boolean[] = [];
  for (const node of nodes) {
    const batched =
      node.outputs.some(({ shape }) => shape.some((size) => size < 0))
      || (node.kind === 'literal' && node.timesBatch !== undefined);
    fixed.push(node.kind !== 'input' && !batched && inputsOf(node).every((ref) => fixed[ref.node]));
  }
  return fixed;
}

function evaluate(
  nodes: readonly RecordedNode[],
  wanted: readonly Ref[],
  weights: NamedArrays,
): Map<string, LiteralValues> {
  const done = new Map<number, Tensor[]>();
  const tensorsOf = (at: number): Tensor[] => {
    if (!done.has(at)) done.set(at, compute(nodes[at]!));
    return done.get(at)!;
  };
  const compute = (node: RecordedNode): Tensor[] => {
    if (node.kind === 'op') {
      const inputs = node.inputs.map((ref) => tensorsOf(ref.node)[ref.output]!);
      return tensorflowBackend().executeMultipleOutputs(
        node.op,
        [...node.attrs],
        inputs,
        node.outputs.length,
      );
    }
    const values = node.kind === 'literal' ? node.values : weights[node.name]!.values;
    return [tf.tensor(values.slice(), [...node.outputs[0]!.shape], node.outputs[0]!.dtype as tf.DataType)];
  };
  const values = new Map<string, LiteralValues>();
  tf.tidy(() =>
    wanted.forEach((ref) =>
      values.set(keyOf(ref), tensorsOf(ref.node)[ref.output]!.dataSync() as LiteralValues),
    ),
  );
  return values;
}
