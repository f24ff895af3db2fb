/** A recorded function as plain data: a list of nodes, each after what it needs. */
import type { GraphDType, OpAttr } from '../core/tensorflow-backend.ts';

/** An output of a node: its place in the list, and which of its outputs. */
export interface Ref {
  readonly node: number;
  readonly output: number;
}
export interface TensorType {
  /** Where a recording is for any batch size (`align-batch.ts`), -k stands for k times the batch. */
  readonly shape: readonly number[];
  readonly dtype: GraphDType;
}
export type LiteralValues = Float32Array | Int32Array | Uint8Array;

interface Produces {
  readonly outputs: readonly TensorType[];
}
export interface InputNode extends Produces {
  readonly kind: 'input' | 'variable';
  readonly name: string;
}
/** Values written in the function itself or in a kernel: axes, shapes, numbers. */
export interface LiteralNode extends Produces {
  readonly kind: 'literal';
  readonly values: LiteralValues;
  /** Value i is `values[i] + timesBatch[i] * batch`; absent where no value depends on the batch. */
  readonly timesBatch?: readonly number[];
}
/** One TensorFlow op, with its attributes as tfjs gives them; or `CopyAfter`, its first input once the others
 *  are there (`models/core/recompute.ts`), which a graph has a DeepCopy with a control input for. */
export interface OpNode extends Produces {
  readonly kind: 'op';
  readonly op: string;
  readonly attrs: readonly OpAttr[];
  readonly inputs: readonly Ref[];
}
export type RecordedNode = InputNode | LiteralNode | OpNode;

export interface Recording {
  readonly nodes: readonly RecordedNode[];
  readonly outputs: Readonly<Record<string, Ref>>;
  readonly updates: Readonly<Record<string, Ref>>;
}

export const typeOf = (nodes: readonly RecordedNode[], ref: Ref): TensorType =>
  nodes[ref.node]!.outputs[ref.output]!;
export const inputsOf = (node: RecordedNode): readonly Ref[] => (node.kind === 'op' ? node.inputs : []);
export const attrOf = (node: OpNode, name: string): OpAttr['value'] =>
  node.attrs.find((attr) => attr.name === name)?.value;

/** The values behind `ref` where it is a literal, the same for every batch. */
export function literalOf(nodes: readonly RecordedNode[], ref: Ref | undefined): LiteralValues | null {
  const node = ref && nodes[ref.node];
  return node?.kind === 'literal' && !node.timesBatch ? node.values : null;
}
