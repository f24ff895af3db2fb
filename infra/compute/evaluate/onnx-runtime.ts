/** ONNX files in onnxruntime, on the best execution provider that works here: CUDA, then WebGPU, then the
 *  CPU. */
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { env, InferenceSession, listSupportedBackends, type Tensor } from 'onnxruntime-node';
import { DataError } from '../../../models/core/errors.ts';
import { inputOf, outputOf, type NetworkInput, type NetworkOutput } from './network-values.ts';
import { faultOf } from './provider-check.ts';

const preference = ['cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof preference)[number];

export interface OnnxSession {
  /** How messages name it. */
  readonly file: string;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** The first input; its type is '' and its shape empty where it is no tensor. */
  readonly input: NetworkInput;
  /** Runs the model's first input [batch, ...rest] and returns the outputs asked for, row-major, each with a
   *  row for each input. The first input is computed on the CPU too, and the model goes on with another
   *  provider if the values are not the same. Throws DataError if it has no such output, cannot take the
   *  input, or gives what is not float32 (float16 is converted, exactly). */
  run<N extends string>(
    input: Float32Array,
    shape: readonly number[],
    outputs: readonly N[],
  ): Promise<Record<N, Float32Array>>;
  /** As `run`, of one output, which may be float64, with its shape. */
  read(input: Float32Array, shape: readonly number[], output: string): Promise<NetworkOutput>;
  /** The one that computes it. */
  provider(): Provider;
}

/** For messages: a stored file's own name is its hash. */
export interface Naming {
  /** In its place. */
  readonly name?: string | undefined;
  /** Beside it: which of the results' models it is. */
  readonly model?: string;
}

export interface OnnxRuntime {
  /** Loads a file once. Throws DataError if no provider can load it. */
  open(path: string, naming?: Naming): Promise<OnnxSession>;
  /** Provider of the models opened so far, the slowest of them where they differ, and which one was given up
   *  for what. */
  provider(): string;
  release(): Promise<void>;
}

export type SessionOpener = (path: string, provider: Provider, threads: number) => Promise<InferenceSession>;

/** `providers` are tried from the first one on; one that failed, or that answers otherwise than the CPU, is
 *  tried for no further model. */
export function createOnnxRuntime(
  threads: number,
  providers: readonly Provider[] = preference,
  openSession: SessionOpener = createSession,
): OnnxRuntime {
  env.logLevel = 'fatal';
  const built = listSupportedBackends().map(({ name }) => name);
  let candidates = providers.filter((name) => built.includes(name));
  const faults: string[] = [];
  const models = new Map<string, OnnxSession>();
  const sessions = new Set<InferenceSession>();
  const release = async (session: InferenceSession): Promise<void> => {
    sessions.delete(session);
    await session.release();
  };
  const open = async (path: string, naming: Naming, provider: Provider): Promise<Opened> => {
    const session = await openSession(path, provider, threads);
    sessions.add(session);
    return { path, naming, provider, session };
  };
  const openBest = async (path: string, naming: Naming): Promise<Opened> => {
    let reason: unknown;
    for (const provider of candidates) {
      try {
        const found = await open(path, naming, provider);
        candidates = candidates.slice(candidates.indexOf(provider));
        return found;
      } catch (error) {
        reason = error;
      }
    }
    const [sentence] = ((reason as Error | undefined)?.message ?? 'no execution provider').split('\n');
    const { name = basename(path), model } = naming;
    throw new DataError(
      `onnxruntime cannot load ${name}${model === undefined ? '' : ` (${model})`}: ${sentence}. Save `
        + 'it again, or give another network.',
    );
  };
  const settle = async (opened: Opened, first: Tensor): Promise<Opened> => {
    const { path, naming, provider, session } = opened;
    if (provider === 'cpu') return opened;
    if (candidates.includes(provider)) {
      const cpu = await open(path, naming, 'cpu');
      const fault = await faultOf(session, cpu.session, first).finally(() => release(cpu.session));
      if (fault === null) return opened;
      faults.push(`${provider} ${fault} ${calledBy(path, naming)}`);
      candidates = candidates.filter((name) => name !== provider);
    }
    await release(session);
    return settle(await openBest(path, naming), first);
  };
  return {
    async open(path, naming = {}) {
      const model = models.get(path) ?? modelOf(await openBest(path, naming), settle);
      models.set(path, model);
      return model;
    },
    provider() {
      const used = [...models.values()].map((model) => preference.indexOf(model.provider()));
      return [used.length === 0 ? candidates[0] : preference[Math.max(...used)], ...faults].join('; ');
    },
    release: async () => void (await Promise.all([...sessions].map(release))),
  };
}

const createSession: SessionOpener = (path, provider, threads) =>
  InferenceSession.create(path, {
    executionProviders: [provider],
    logSeverityLevel: 4,
    ...(threads > 0 && { intraOpNumThreads: threads }),
  });

interface Opened {
  readonly path: string;
  readonly naming: Naming;
  readonly provider: Provider;
  readonly session: InferenceSession;
}

const calledBy = (path: string, { name = basename(path), model }: Naming): string =>
  model === undefined ? name : `${model}, ${name}`;

/** `settle`: from the first input to the session that goes on with it. */
function modelOf(opened: Opened, settle: (opened: Opened, first: Tensor) => Promise<Opened>): OnnxSession {
  const {
    inputNames,
    outputNames,
    inputMetadata: [first],
  } = opened.session;
  const file = calledBy(opened.path, opened.naming);
  const input: NetworkInput = first?.isTensor ? first : { name: inputNames[0] ?? '', type: '', shape: [] };
  let current = opened;
  let settled: Promise<Opened> | null = null;
  const settledWith = (tensor: Tensor): Promise<Opened> => {
    settled ??= settle(opened, tensor).catch((error: unknown) => {
      settled = null;
      throw error;
    });
    return settled;
  };
  const outputs = async (
    values: Float32Array,
    shape: readonly number[],
    names: readonly string[],
  ): Promise<NetworkOutput[]> => {
    const lacking = names.find((name) => !outputNames.includes(name));
    if (lacking !== undefined)
      throw new DataError(`${file} should have an output "${lacking}", and has ${outputNames.join(', ')}.`);
    await setImmediate(); // a run blocks the event loop: let progress and the end of the parent through
    const tensor = inputOf(values, shape, input, file);
    const found = await settledWith(tensor)
      .then(async (next) => {
        current = next;
        return next.session.run({ [input.name]: tensor }, [...names]);
      })
      .catch((error: unknown) => {
        throw error instanceof DataError ? error : cannotTake(file, input, shape, (error as Error).message);
      });
    return names.map((output) => outputOf(found[output]!, { file, output, rows: shape[0]! }));
  };
  return {
    file,
    inputNames,
    outputNames,
    input,
    provider: () => current.provider,
    async read(values, shape, output) {
      const [found] = await outputs(values, shape, [output]);
      return found!;
    },
    async run(values, shape, names) {
      const found = await outputs(values, shape, names);
      return Object.fromEntries(
        found.map(({ type, shape: dims, values: numbers }, i) => {
          if (numbers instanceof Float32Array) return [names[i], numbers];
          throw new DataError(
            `Expected the output "${names[i]}" of ${file} to be float32, got ${type} `
              + `[${dims.join(', ')}]. Save the network with float32 outputs.`,
          );
        }),
      ) as Record<(typeof names)[number], Float32Array>;
    },
  };
}

/** onnxruntime's reason has several lines, of which a terminal would show the first. */
function cannotTake(
  file: string,
  { name, type, shape: taken }: NetworkInput,
  shape: readonly number[],
  reason: string,
): DataError {
  return new DataError(
    `${file} cannot take an input of shape [${shape.join()}]: expected its input "${name}" to be `
      + `given ${type} [${taken.join(', ')}], got [${shape.join(', ')}]. onnxruntime says: `
      + `${reason.split(/\s*\n\s*/).join('; ')}`,
  );
}
