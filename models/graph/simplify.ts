/** Takes the waste out of a recording: casts and reshapes that do nothing, equal literals, equal ops on equal
 *  inputs (every recorded op is a function of its inputs, random ones of their key), and what no result
 *  needs. */
import {
  attrOf,
  inputsOf,
  literalOf,
  typeOf,
  type LiteralValues,
  type OpNode,
  type RecordedNode,
  type Recording,
  type Ref,
} from './recording.ts';

export const simplify = (recording: Recording): Recording => dropUnused(merge(recording));

function merge({ nodes, outputs, updates }: Recording): Recording {
  const kept: RecordedNode[] = [];
  const seen = new Map<string, number>();
  const placed: Ref[][] = []; // by old node and output
  const moved = ({ node, output }: Ref): Ref => placed[node]![output]!;
  for (const old of nodes) {
    const node = old.kind === 'op' ? shortened(kept, { ...old, inputs: old.inputs.map(moved) }) : old;
    const same = node.kind === 'op' ? sameAs(kept, node) : null;
    const key = keyOf(node);
    if (!same && !seen.has(key)) seen.set(key, kept.push(node) - 1);
    placed.push(same ? [same] : node.outputs.map((_, output) => ({ node: seen.get(key)!, output })));
  }
  return { nodes: kept, outputs: mapValues(outputs, moved), updates: mapValues(updates, moved) };
}

/** A reshape of a reshape needs only the second one. */
function shortened(nodes: readonly RecordedNode[], node: OpNode): OpNode {
  const inner = nodes[node.inputs[0]?.node ?? -1];
  if (node.op !== 'Reshape' || inner?.kind !== 'op' || inner.op !== 'Reshape') return node;
  return { ...node, inputs: [inner.inputs[0]!, node.inputs[1]!] };
}

/** The input that `node` merely repeats, or null. */
function sameAs(nodes: readonly RecordedNode[], node: OpNode): Ref | null {
  const [x, second] = node.inputs;
  const literal = literalOf(nodes, second);
  const repeats =
    (node.op === 'Cast' && attrOf(node, 'SrcT') === attrOf(node, 'DstT'))
    || (node.op === 'Reshape' && typeOf(nodes, x!).shape.join() === node.outputs[0]!.shape.join())
    || (node.op === 'Tile' && literal?.every((times) => times === 1))
    || (node.op === 'Transpose' && literal?.every((from, to) => from === to));
  return repeats ? x! : null;
}

function keyOf(node: RecordedNode): string {
  if (node.kind === 'op') {
    const attrs = node.attrs.map(({ name, value }) => [name, value]);
    return JSON.stringify([node.op, attrs, node.inputs.map(({ node: at, output }) => [at, output])]);
  }
  if (node.kind === 'literal')
    return JSON.stringify(['literal', node.outputs, bitsOf(node.values).join(), node.timesBatch]);
  return JSON.stringify([node.kind, node.name]);
}

/** Bits, not numbers: 0 and -0 are different literals, and NaN equals itself. */
const bitsOf = (values: LiteralValues): Uint8Array | Uint32Array =>
  values instanceof Uint8Array ? values : new Uint32Array(values.buffer, values.byteOffset, values.length);

function dropUnused({ nodes, outputs, updates }: Recording): Recording {
  const needed = new Set([...Object.values(outputs), ...Object.values(updates)].map((ref) => ref.node));
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    if (needed.has(i)) inputsOf(nodes[i]!).forEach((ref) => needed.add(ref.node));
  }
  const place = new Map([...needed].sort((a, b) => a - b).map((old, i) => [old, i]));
  const moved = ({ node, output }: Ref): Ref => ({ node: place.get(node)!, output });
  return {
    nodes: [...place.keys()].map((old) => {
      const node = nodes[old]!;
      return node.kind === 'op' ? { ...node, inputs: node.inputs.map(moved) } : node;
    }),
    outputs: mapValues(outputs, moved),
    updates: mapValues(updates, moved),
  };
}

const mapValues = <T>(refs: Readonly<Record<string, T>>, f: (ref: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, f(ref)]));
