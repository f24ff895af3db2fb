/** An ONNX graph under construction: values, constants, and whole numbers that may depend on the batch. */
import { RecordingError } from '../core/errors.ts';
import { isUniform } from './attr-values.ts';
import {
  attribute,
  onnxType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx-proto.ts';
import type { LiteralNode, RecordedNode, Ref, TensorType } from './recording.ts';
import { typeOf } from './recording.ts';
import type { GraphDType } from '../core/tensorflow-backend.ts';
import { dtypeBytes } from './values.ts';
import type { OpNode } from './recording.ts';

/** fixed + times * batch */
export interface SymbolicSize {
  readonly fixed: number;
  readonly times: number;
}
type Attributes = Readonly<Record<string, Parameters<typeof attribute>[1]>>;
const rawBytes = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export class OnnxGraph {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly #names = new Map<string, string>(); // by content
  readonly #values: string[][] = []; // by recorded node and output
  readonly #recorded: readonly RecordedNode[];
  readonly #batchSource: { readonly input: string; readonly axis: number } | null;

  constructor(
    recorded: readonly RecordedNode[],
    batchSource: { readonly input: string; readonly axis: number } | null,
  ) {
    this.#recorded = recorded;
    this.#batchSource = batchSource;
  }

  /** Adds a node with one output and returns its name. */
  emit(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.emitAll(op, inputs, attributes, 1)[0]!;
  }

  emitAll(op: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const name = `${op}_${this.nodes.length}`;
    const output = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    this.nodes.push({
      name,
      op_type: op,
      input: [...inputs],
      output,
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return output;
  }

  setValues(node: number, names: readonly string[]): void {
    this.#values[node] = [...names];
  }

  /** Literals are written where they are first asked for: those that only give axes or shapes never are. */
  value(ref: Ref): string {
    const node = this.#recorded[ref.node]!;
    return node.kind === 'literal' ? this.#literal(ref, node) : this.#values[ref.node]![ref.output]!;
  }

  typeOf(ref: Ref): TensorType {
    return typeOf(this.#recorded, ref);
  }

  /** The values of a literal that gives axes, sizes or an order. */
  sizes(ref: Ref): SymbolicSize[] {
    const node = this.#recorded[ref.node]!;
    if (node.kind !== 'literal')
      throw new RecordingError(
        'Expected axes, shapes and positions to be written as numbers, got a computed tensor.',
      );
    return Array.from(node.values, (fixed, i) => ({ fixed, times: node.timesBatch?.[i] ?? 0 }));
  }

  /** The same, where it must not depend on the batch. */
  numbers(ref: Ref): number[] {
    const sizes = this.sizes(ref);
    if (sizes.some(({ times }) => times !== 0))
      throw new RecordingError(
        'Expected axes and positions that do not depend on the batch, got some that do.',
      );
    return sizes.map(({ fixed }) => fixed);
  }

  constant(
    dtype: GraphDType,
    shape: readonly number[],
    values: Parameters<typeof rawBytes>[0],
    name?: string,
  ): string {
    const raw = rawBytes(values);
    const key = JSON.stringify([
      dtype,
      shape,
      name ?? (raw.length <= 1024 ? raw.join() : this.initializers.length),
    ]);
    const known = this.#names.get(key);
    if (known) return known;
    const added = name ?? `constant_${this.initializers.length}`;
    this.initializers.push({ name: added, dims: [...shape], data_type: onnxType[dtype], raw_data: raw });
    this.#names.set(key, added);
    return added;
  }

  integers(values: readonly number[]): string {
    return this.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A float32 or int32 scalar, as `like` is. */
  scalar(like: Ref, value: number): string {
    const { dtype } = this.typeOf(like);
    return this.constant(dtype, [], dtype === 'int32' ? Int32Array.of(value) : Float32Array.of(value));
  }

  /** int64 [n], computed from the batch where it must be. */
  shape(sizes: readonly SymbolicSize[]): string {
    if (sizes.every(({ times }) => times === 0)) return this.integers(sizes.map(({ fixed }) => fixed));
    const scaled = this.#once('Mul', [this.#batch(), this.integers(sizes.map(({ times }) => times))]);
    return this.#once('Add', [scaled, this.integers(sizes.map(({ fixed }) => fixed))]);
  }

  shapeOf(type: TensorType): string {
    return this.shape(
      type.shape.map((size) => (size < 0 ? { fixed: 0, times: -size } : { fixed: size, times: 0 })),
    );
  }

  finish(name: string, input: ValueInfoProto[], output: ValueInfoProto[]): GraphProto {
    return { name, node: this.nodes, initializer: this.initializers, input, output };
  }

  /** One that repeats a number is stored once and expanded. */
  #literal(ref: Ref, { values, timesBatch, outputs: [type] }: LiteralNode): string {
    const { dtype, shape } = type!;
    if (timesBatch) {
      const flat = this.#once('Cast', [this.shape(this.sizes(ref))], { to: onnxType[dtype] });
      return this.#once('Reshape', [flat, this.integers(shape)]);
    }
    const expands = shape.some((size) => size < 0) || (dtypeBytes(shape) > 64 && isUniform(values));
    if (!expands) return this.constant(dtype, shape, values);
    return this.#once('Expand', [this.constant(dtype, [], values.slice(0, 1)), this.shapeOf(type!)]);
  }

  #batch(): string {
    if (!this.#batchSource) throw new RecordingError("Expected an input with a 'batch' dimension, got none.");
    const { input, axis } = this.#batchSource;
    return this.#once('Shape', [input], { start: axis, end: axis + 1 });
  }

  #once(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const key = JSON.stringify([op, inputs, attributes]);
    if (!this.#names.has(key)) this.#names.set(key, this.emit(op, inputs, attributes));
    return this.#names.get(key)!;
  }
}

/** Emits a node's ONNX form and returns the names of its outputs, or of its only one. */
export type Translate = (graph: OnnxGraph, node: OpNode) => string | string[];
