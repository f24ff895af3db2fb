/** Records a function: runs it once on tensors that have a shape and a type but no values, and writes down
 *  every TensorFlow op that would pass through the backend, naming tensors by the identity of their data.
 *  Nothing is computed, so that a recording takes neither the time nor the memory of what it records. What a
 *  recording could not repeat is an error, never a constant. */
import { RecordingError } from '../core/errors.ts';
import { tf, type Tensor, type TensorSpec } from '../core/tensors.ts';
import type { ProgramFunction } from './program.ts';
import {
  literalOf,
  typeOf,
  type LiteralValues,
  type RecordedNode,
  type Recording,
  type Ref,
  type TensorType,
} from './recording.ts';
import { outputTypes } from './shape-functions.ts';
import { simplify } from './simplify.ts';
import {
  dataType,
  graphDTypeOf,
  tensorflowBackend,
  whileRecording,
  type DataId,
  type OpAttr,
  type TensorflowBackend,
} from '../core/tensorflow-backend.ts';

type Specs = Readonly<Record<string, TensorSpec>>;
/** The backend's own sign of a tensor that TensorFlow does not hold. */
const noTensor = -1;
const dataIdOf = (tensor: Tensor): DataId => tensor.dataId;

/** Told of a recording under way: how many nodes there are by now. Called often, and cheap. */
export type OnRecorded = (nodes: number) => void;

/** variables and inputs by declaration -> the simplified list of what `run` computes. Throws
 *  RecordingError. */
export const record = (variables: Specs, program: ProgramFunction, onRecorded?: OnRecorded): Recording =>
  simplify(recordAsIs(variables, program, onRecorded));

/** The same, op by op as the function ran. */
export function recordAsIs(
  variables: Specs,
  { inputs, run }: ProgramFunction,
  onRecorded: OnRecorded = () => {},
): Recording {
  const recorder = new Recorder(tensorflowBackend(), onRecorded);
  const results = { outputs: {}, updates: {} } as Pick<Recording, 'outputs' | 'updates'>;
  tf.tidy(() => {
    const variableTensors = recorder.declare('variable', variables);
    const inputTensors = recorder.declare('input', inputs);
    const { outputs, updates } = recorder.listen(() => run(variableTensors, inputTensors));
    Object.assign(results, {
      outputs: recorder.refsOf('output', outputs),
      updates: recorder.refsOf('update', updates ?? {}),
    });
  });
  return { nodes: recorder.nodes, ...results };
}

class Recorder {
  readonly nodes: RecordedNode[] = [];
  readonly #refs = new WeakMap<DataId, Ref>();
  readonly #literals = new Map<string, Ref>();
  readonly #backend: TensorflowBackend;
  readonly #onRecorded: OnRecorded;

  constructor(backend: TensorflowBackend, onRecorded: OnRecorded) {
    this.#backend = backend;
    this.#onRecorded = onRecorded;
  }

  declare(kind: 'variable' | 'input', specs: Specs): Record<string, Tensor> {
    return Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => {
        const tensor = this.#symbol(spec);
        this.#add({ kind, name, outputs: [spec] }, [dataIdOf(tensor)]);
        return [name, tensor];
      }),
    );
  }

  refsOf(what: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Ref> {
    return Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, this.#refOf(tensor, `${what} '${name}'`)]),
    );
  }

  /** Runs `body` with the backend's entry points wrapped, and puts them back whatever happens. */
  listen<T>(body: () => T): T {
    const backend = this.#backend;
    const wrapped = this.#wrapped(entryPoints(backend));
    const random = Math.random;
    Math.random = () => {
      throw new RecordingError(
        'Expected no JavaScript randomness in a recorded function, got a call of Math.random. Use '
          + 'the stateless ops of models/graph/random.ts.',
      );
    };
    try {
      Object.assign(backend, wrapped);
      return whileRecording(body);
    } finally {
      Math.random = random;
      // The wrappers hide the prototype's methods.
      for (const name of Object.keys(wrapped))
        delete (backend as Partial<EntryPoints>)[name as keyof EntryPoints];
    }
  }

  #wrapped(original: EntryPoints): EntryPoints {
    return {
      executeSingleOutput: (op, attrs, inputs) => this.#addOp(op, attrs, inputs)[0]!,
      executeMultipleOutputs: (op, attrs, inputs) => this.#addOp(op, attrs, inputs),
      move: (id, values, shape, dtype, refCount) => {
        original.move(id, values, shape, dtype, refCount);
        this.#addLiteral(id, values as ArrayLike<number>, dtype);
      },
      readSync: (id) => {
        this.#checkReadable(id);
        return original.readSync(id);
      },
      read: (id) => {
        this.#checkReadable(id);
        return original.read(id);
      },
    };
  }

  /** A short one that was written before is that one: a function writes the same axes, shapes and numbers
   *  over and over. */
  #addLiteral(id: DataId, source: ArrayLike<number>, dtype: string): void {
    const type = this.#typeOf(id);
    const key =
      source.length > shortLiteral
        ? null
        : `${dtype} ${type.shape.join()} ${Array.from(source, spelled).join()}`;
    const known = key === null ? undefined : this.#literals.get(key);
    if (known) {
      this.#refs.set(id, known);
      return;
    }
    const values = copyLiteral(source, dtype);
    if (!values) return;
    this.#add({ kind: 'literal', values, outputs: [type] }, [id]);
    if (key !== null) this.#literals.set(key, this.#refs.get(id)!);
  }

  #addOp(op: string, attrs: readonly OpAttr[], inputs: readonly Tensor[]): Tensor[] {
    if (/^(Random|Multinomial|ParameterizedTruncatedNormal)/.test(op)) {
      throw new RecordingError(
        `Expected ops without hidden state, got ${op}. Use the stateless ops of models/graph/random.ts.`,
      );
    }
    const refs = inputs.map((input, i) => this.#refOf(input, `input ${i} of ${op}`));
    const types = outputTypes(
      op,
      attrs,
      refs.map((ref) => ({ ...typeOf(this.nodes, ref), values: literalOf(this.nodes, ref) })),
    );
    const outputs = types.map((type) => this.#symbol(type));
    this.#add({ kind: 'op', op, attrs: [...attrs], inputs: refs, outputs: types }, outputs.map(dataIdOf));
    return outputs;
  }

  /** A tensor without values: TensorFlow does not know of it. */
  #symbol({ shape, dtype }: TensorType): Tensor {
    return this.#backend.createOutputTensor({ id: noTensor, shape: [...shape], dtype: dataType[dtype] });
  }

  #add(node: RecordedNode, ids: readonly DataId[]): void {
    ids.forEach((id, output) => this.#refs.set(id, { node: this.nodes.length, output }));
    this.nodes.push(node);
    if (this.nodes.length % toldEvery === 0) this.#onRecorded(this.nodes.length);
  }

  #refOf(tensor: Tensor, where: string): Ref {
    const ref = this.#refs.get(dataIdOf(tensor));
    if (ref) return ref;
    throw new RecordingError(
      `Expected an input, a variable or a tensor made inside the recorded function as ${where}, `
        + `got ${tensor.dtype} [${tensor.shape}] from outside. Declare it as an input or a variable.`,
    );
  }

  #typeOf(id: DataId): TensorType {
    const { shape, dtype } = this.#backend.tensorMap.get(id);
    return { shape: [...shape], dtype: graphDTypeOf(dtype) };
  }

  #checkReadable(id: DataId): void {
    const ref = this.#refs.get(id);
    if (ref && this.nodes[ref.node]!.kind === 'literal') return;
    throw new RecordingError(
      'Expected a recorded function to read no values, got a read (dataSync, data or array). Compute '
        + 'with tensors instead.',
    );
  }
}

type EntryPoints = Pick<
  TensorflowBackend,
  'executeSingleOutput' | 'executeMultipleOutputs' | 'move' | 'readSync' | 'read'
>;

const entryPoints = (backend: TensorflowBackend): EntryPoints => ({
  executeSingleOutput: backend.executeSingleOutput.bind(backend),
  executeMultipleOutputs: backend.executeMultipleOutputs.bind(backend),
  move: backend.move.bind(backend),
  readSync: backend.readSync.bind(backend),
  read: backend.read.bind(backend),
});

const toldEvery = 1000;
/** Numbers in a literal that is looked up. */
const shortLiteral = 16;
/** 0 and -0 are different literals. */
const spelled = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** Null for types that a graph cannot hold; such a tensor stays unknown and fails where it is used. */
function copyLiteral(source: ArrayLike<number>, dtype: string): LiteralValues | null {
  if (dtype === 'float32') return Float32Array.from(source);
  if (dtype === 'int32') return Int32Array.from(source);
  return dtype === 'bool' ? Uint8Array.from(source) : null;
}
