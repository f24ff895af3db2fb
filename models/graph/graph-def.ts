/** A whole program -> one TensorFlow graph inside a SavedModel, and the names to feed and fetch for each
 *  function. One graph, because variables live in the session of one loaded model. Initial values are not in
 *  it: they are assigned. */
import { ConfigError } from '../core/errors.ts';
import type { TensorSpec } from '../core/tensors.ts';
import { attrsOf, shapeValue, tensorValue, typeValue } from './attr-values.ts';
import type { Program } from './program.ts';
import { record, type OnRecorded } from './record.ts';
import type { RecordedNode, Recording } from './recording.ts';
import { encodeSavedModel, type NodeDef } from './tensorflow-proto.ts';
import { checkUpdate, dtypeOf } from './values.ts';

/** Tensor names ('node:0') by the program's own names. */
export interface FunctionSignature {
  readonly feeds: Readonly<Record<string, string>>;
  readonly fetches: Readonly<Record<string, string>>;
  /** Fetched to run the updates; null where there are none. */
  readonly updated: string | null;
}
export interface Signature {
  readonly functions: Readonly<Record<string, FunctionSignature>>;
  /** Feed the value and fetch `done` to assign; fetch `value` to read, or feed `begin` and `size` and fetch
   *  so many values as `piece`. */
  readonly variables: Readonly<
    Record<string, Readonly<Record<'feed' | 'done' | 'value' | 'begin' | 'size' | 'piece', string>>>
  >;
}
export interface GraphModel {
  readonly savedModel: Uint8Array;
  readonly signature: Signature;
  readonly nodeCount: number;
}

/** `onRecorded` is told how many nodes have been recorded, over all functions. */
export function buildGraph(program: Program, onRecorded: OnRecorded = () => {}): GraphModel {
  const graph = new GraphBuilder();
  let before = 0;
  checkNames([...Object.keys(program.functions), ...Object.keys(program.variables)]);
  const variables = Object.fromEntries(
    Object.entries(program.variables).map(([name, spec]) => [name, addVariable(graph, name, spec)]),
  );
  const functions = Object.fromEntries(
    Object.keys(program.functions).map((name) => {
      let recorded = 0;
      const added = addFunction(graph, program, name, (nodes) => onRecorded(before + (recorded = nodes)));
      before += recorded;
      return [name, added];
    }),
  );
  return {
    savedModel: encodeSavedModel(graph.nodes),
    signature: { functions, variables },
    nodeCount: graph.nodes.length,
  };
}

class GraphBuilder {
  readonly nodes: NodeDef[] = [];

  /** Returns the node's name, which also stands for its first output. */
  add(name: string, op: string, input: readonly string[], attr: NodeDef['attr'] = {}): string {
    this.nodes.push({ name, op, input: [...input], attr });
    return name;
  }
}

const handleName = (variable: string): string => `variables/${variable}/handle`;
const specAttrs = ({ dtype, shape }: TensorSpec): NodeDef['attr'] => ({
  dtype: typeValue(dtype),
  shape: shapeValue(shape),
});
const after = (names: readonly string[]): string[] => [
  ...new Set(names.map((name) => `^${name.split(':')[0]}`)),
];

function addVariable(graph: GraphBuilder, name: string, spec: TensorSpec): Signature['variables'][string] {
  const at = `variables/${name}`;
  const dtype = typeValue(spec.dtype);
  const handle = graph.add(handleName(name), 'VarHandleOp', [], {
    ...specAttrs(spec),
    shared_name: { s: new TextEncoder().encode(name) },
  });
  const feed = graph.add(`${at}/feed`, 'Placeholder', [], specAttrs(spec));
  // Without its own copy the variable would keep the caller's memory, and free it on a thread of
  // TensorFlow's.
  const copy = graph.add(`${at}/copy`, 'DeepCopy', [feed], { T: dtype });
  const assign = graph.add(`${at}/assign`, 'AssignVariableOp', [handle, copy], { dtype });
  const value = graph.add(`${at}/value`, 'ReadVariableOp', [handle], { dtype });
  return {
    feed: `${feed}:0`,
    done: `${addDone(graph, `${at}/assigned`, [assign])}:0`,
    value: `${value}:0`,
    ...addPiece(graph, at, value, dtype),
  };
}

/** Some of a variable's values, as a vector. */
function addPiece(
  graph: GraphBuilder,
  at: string,
  value: string,
  dtype: NodeDef['attr'][string],
): Record<'begin' | 'size' | 'piece', string> {
  const index = { dtype: typeValue('int32'), shape: shapeValue([1]) };
  const [begin, size] = [
    graph.add(`${at}/begin`, 'Placeholder', [], index),
    graph.add(`${at}/size`, 'Placeholder', [], index),
  ];
  const all = addInt(graph, `${at}/all`, -1, [1]);
  const vector = graph.add(`${at}/vector`, 'Reshape', [value, all], { T: dtype, Tshape: typeValue('int32') });
  const piece = graph.add(`${at}/piece`, 'Slice', [vector, begin, size], {
    T: dtype,
    Index: typeValue('int32'),
  });
  return { begin: `${begin}:0`, size: `${size}:0`, piece: `${piece}:0` };
}

const addInt = (graph: GraphBuilder, name: string, value: number, shape: readonly number[]): string =>
  graph.add(name, 'Const', [], {
    dtype: typeValue('int32'),
    value: tensorValue({
      kind: 'literal',
      values: Int32Array.of(value),
      outputs: [{ shape, dtype: 'int32' }],
    }),
  });

/** Something to fetch where an op has no output. */
function addDone(graph: GraphBuilder, name: string, ops: readonly string[]): string {
  const zero = addInt(graph, `${name}/zero`, 0, []);
  return graph.add(name, 'Identity', [zero, ...after(ops)], { T: typeValue('int32') });
}

function addFunction(
  graph: GraphBuilder,
  program: Program,
  name: string,
  onRecorded: OnRecorded,
): FunctionSignature {
  const { inputs } = program.functions[name]!;
  const recording = record(program.variables, program.functions[name]!, onRecorded);
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([input, spec]) => [
      input,
      `${graph.add(`${name}/inputs/${input}`, 'Placeholder', [], specAttrs(spec))}:0`,
    ]),
  );
  const tensors = addNodes(graph, name, recording);
  const tensorOf = (ref: { node: number; output: number }): string => tensors[ref.node]![ref.output]!;
  const fetches = Object.fromEntries(
    Object.entries(recording.outputs).map(([output, ref]) => {
      const dtype = dtypeOf(
        `output '${output}' of '${name}'`,
        recording.nodes[ref.node]!.outputs[ref.output]!.dtype,
      );
      return [
        output,
        `${graph.add(`${name}/outputs/${output}`, 'Identity', [tensorOf(ref)], { T: typeValue(dtype) })}:0`,
      ];
    }),
  );
  const updates = Object.entries(recording.updates).map(([variable, ref]) => {
    checkUpdate(program, variable, recording.nodes[ref.node]!.outputs[ref.output]!);
    return { variable, tensor: tensorOf(ref) };
  });
  return { feeds, fetches, updated: addUpdates(graph, program, name, updates, Object.values(fetches)) };
}

function addNodes(graph: GraphBuilder, scope: string, { nodes }: Recording): string[][] {
  const tensors: string[][] = [];
  nodes.forEach((node, i) => {
    const inputs = node.kind === 'op' ? node.inputs.map((ref) => tensors[ref.node]![ref.output]!) : [];
    const added = addNode(graph, scope, nodes, node, i, inputs);
    tensors.push(node.outputs.map((_, output) => (output === 0 ? added : `${added}:${output}`)));
  });
  return tensors;
}

function addNode(
  graph: GraphBuilder,
  scope: string,
  nodes: readonly RecordedNode[],
  node: RecordedNode,
  i: number,
  inputs: string[],
): string {
  // TensorFlow sorts the addends of an AddN by their names: these are in the order of the recording, however
  // many nodes come before
  const at = `${scope}/${String(i).padStart(6, '0')}`;
  switch (node.kind) {
    case 'input':
      return `${scope}/inputs/${node.name}`;
    case 'variable':
      return graph.add(`${at}_read`, 'ReadVariableOp', [handleName(node.name)], {
        dtype: typeValue(node.outputs[0]!.dtype),
      });
    case 'literal':
      return graph.add(`${at}_const`, 'Const', [], {
        dtype: typeValue(node.outputs[0]!.dtype),
        value: tensorValue(node),
      });
    // TensorFlow takes a copy for no other's twin, and drops none
    case 'op':
      return node.op === 'CopyAfter'
        ? graph.add(`${at}_copy`, 'DeepCopy', [inputs[0]!, ...after(inputs.slice(1))], attrsOf(nodes, node))
        : graph.add(`${at}_${node.op}`, node.op, inputs, attrsOf(nodes, node));
  }
}

/** Assigns wait for all results of the function, and so for all of it: a run that fails half-way changes no
 *  variable. Only results are waited for: TensorFlow fuses no op that something else waits for. */
function addUpdates(
  graph: GraphBuilder,
  program: Program,
  scope: string,
  updates: { variable: string; tensor: string }[],
  outputs: string[],
): string | null {
  if (updates.length === 0) return null;
  const computed = graph.add(
    `${scope}/computed`,
    'NoOp',
    after([...outputs, ...updates.map(({ tensor }) => tensor)]),
  );
  const assigns = updates.map(({ variable, tensor }) =>
    graph.add(
      `${scope}/update/${variable}`,
      'AssignVariableOp',
      [handleName(variable), tensor, `^${computed}`],
      { dtype: typeValue(program.variables[variable]!.dtype) },
    ),
  );
  return `${addDone(graph, `${scope}/updated`, assigns)}:0`;
}

function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => !/^[A-Za-z][\w./-]*$/.test(name));
  if (wrong !== undefined)
    throw new ConfigError(`Expected names of letters, digits, '.', '_', '-' and '/', got '${wrong}'.`);
}
