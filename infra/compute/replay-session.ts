/** Runs a program as one TensorFlow graph, through the SavedModel entry points of tfjs-node's binding. Runs
 *  are synchronous on the calling thread. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { buildGraph, type Signature } from '../../models/graph/graph-def.ts';
import type { Piece, Program, Session } from '../../models/graph/program.ts';
import type { OnRecorded } from '../../models/graph/record.ts';
import { dataType, tensorflowBackend } from '../../models/core/tensorflow-backend.ts';
import {
  checkAssigned,
  checkedFor,
  copyInputs,
  pieceBoundaries,
  functionOf,
  dtypeBytes,
  variableOf,
} from '../../models/graph/values.ts';
import type { TensorSpec, Values } from '../../models/core/tensors.ts';
import { sessionConfig, sessionConfigVariable } from './session-config.ts';

/** The native entry points used here; tensors and sessions are numbers. */
interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Values;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputs: number[], inputNames: string, outputNames: string): { id: number }[];
}
interface Feed {
  readonly name: string;
  readonly spec: TensorSpec;
  /** Called once, and let go of as soon as TensorFlow has its own copy. */
  values(): Values;
}

const pieceIndex: TensorSpec = { shape: [1], dtype: 'int32' };

export class ReplaySession implements Session {
  readonly recordMs: number;
  readonly loadMs: number;
  readonly nodeCount: number;
  readonly #binding = tensorflowBackend().binding as Binding;
  readonly #program: Program;
  readonly #signature: Signature;
  readonly #assigned = new Set<string>();
  #model: number | null;

  /** `scratch`: where the binding reads the graph from, for a moment. */
  constructor(
    program: Program,
    scratch = tmpdir(),
    { savedModel, signature, nodeCount, recordMs } = record(program),
  ) {
    const start = performance.now();
    this.#program = program;
    this.#signature = signature;
    this.nodeCount = nodeCount;
    this.#model = load(this.#binding, savedModel, scratch);
    this.recordMs = recordMs;
    this.loadMs = performance.now() - start;
  }

  run(name: string, inputs: Readonly<Record<string, Values | number>>): Record<string, Values> {
    const { inputs: specs } = functionOf(this.#program, name);
    const { feeds, fetches, updated } = this.#signature.functions[name]!;
    const copies = copyInputs(name, specs, inputs);
    checkAssigned(Object.keys(this.#program.variables), (variable) => this.#assigned.has(variable));
    const fed = Object.keys(specs).map((key) => ({
      name: feeds[key]!,
      spec: specs[key]!,
      values: () => copies[key]!,
    }));
    const values = this.#fetch(fed, [...Object.values(fetches), ...(updated ? [updated] : [])]);
    return Object.fromEntries(Object.keys(fetches).map((key, i) => [key, values[i]!]));
  }

  assign(values: Readonly<Record<string, Values | (() => Values)>>): void {
    // The graph copies what it is fed (DeepCopy): no copy is needed here. All in one run, for TensorFlow
    // prepares the graph for each set anew.
    const feeds = Object.entries(values).map(([name, value]) => {
      const spec = variableOf(this.#program, name);
      const checked = (given: Values): Values => checkedFor(`variable '${name}'`, spec, given);
      const fed = typeof value === 'function' ? null : checked(value);
      return {
        name: this.#signature.variables[name]!.feed,
        spec,
        values: () => fed ?? checked((value as () => Values)()),
      };
    });
    const names = Object.keys(values);
    this.#fetch(
      feeds,
      names.map((name) => this.#signature.variables[name]!.done),
    );
    names.forEach((name) => this.#assigned.add(name));
  }

  read(names: readonly string[]): Record<string, Values> {
    names.forEach((name) => variableOf(this.#program, name));
    checkAssigned(names, (name) => this.#assigned.has(name));
    const values = this.#fetch(
      [],
      names.map((name) => this.#signature.variables[name]!.value),
    );
    return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
  }

  /** In the same run whatever is read, for TensorFlow prepares the graph for each set of outputs anew: of all
   *  variables, where others than the one give nothing. */
  *pieces(names: readonly string[], length: number): Iterable<Piece> {
    checkAssigned(names, (name) => this.#assigned.has(name));
    const all = Object.keys(this.#program.variables).filter((name) => this.#assigned.has(name));
    const parts = all.map((name) => this.#signature.variables[name]!);
    for (const name of names) {
      const at = all.indexOf(name);
      for (const cut of pieceBoundaries(dtypeBytes(variableOf(this.#program, name).shape), length)) {
        const feeds = parts.flatMap((part, i) =>
          (['begin', 'size'] as const).map((key) => ({
            name: part[key],
            spec: pieceIndex,
            values: () => Int32Array.of(i === at ? cut[key] : 0),
          })),
        );
        yield {
          name,
          values: this.#fetch(
            feeds,
            parts.map(({ piece }) => piece),
          )[at]!,
        };
      }
    }
  }

  dispose(): void {
    if (this.#model !== null) this.#binding.deleteSavedModel(this.#model);
    this.#model = null;
  }

  #fetch(feeds: readonly Feed[], names: readonly string[]): Values[] {
    if (this.#model === null) throw new Error('Expected an open session, got one that was disposed.');
    if (names.length === 0) return [];
    const binding = this.#binding;
    const inputs: number[] = [];
    try {
      for (const { spec, values } of feeds)
        inputs.push(binding.createTensor(spec.shape, dataType[spec.dtype], values()));
      const outputs = binding.runSavedModel(
        this.#model,
        inputs,
        feeds.map((feed) => feed.name).join(),
        names.join(),
      );
      const values = outputs.map(({ id }) => binding.tensorDataSync(id));
      outputs.forEach(({ id }) => binding.deleteTensor(id));
      return values;
    } finally {
      inputs.forEach((id) => binding.deleteTensor(id));
    }
  }
}

export const openSession = (program: Program): ReplaySession => new ReplaySession(program);

/** As `openSession`, in a job: on a full disk room for the graph is waited for, and `onRecorded` is told how
 *  many nodes there are by now. Throws StorageError, StorageFullError. */
export async function openSessionIn(
  scratch: string,
  program: Program,
  onRecorded: OnRecorded = () => {},
): Promise<ReplaySession> {
  const graph = record(program, onRecorded);
  return withStorageErrors(
    scratch,
    async () => new ReplaySession(program, scratch, graph),
    graph.savedModel.length,
  );
}

function record(
  program: Program,
  onRecorded?: OnRecorded,
): ReturnType<typeof buildGraph> & { readonly recordMs: number } {
  const start = performance.now();
  return { ...buildGraph(program, onRecorded), recordMs: performance.now() - start };
}

/** The binding reads a folder; nothing of it is needed once the session stands. */
function load(binding: Binding, savedModel: Uint8Array, scratch: string): number {
  const folder = mkdtempSync(join(scratch, 'counterflow-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    const gpu = tensorflowBackend().isUsingGpuDevice;
    // with a GPU a graph is in two parts, of which one waits for the other: one after the other, they would
    // wait for ever
    process.env[sessionConfigVariable] = sessionConfig({
      gpu,
      oneAtATime: !gpu && process.env['TF_NUM_INTEROP_THREADS'] === '1',
    });
    return binding.loadSavedModel(folder, 'serve');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
