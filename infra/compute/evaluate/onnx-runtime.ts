/** ONNX files in onnxruntime, on the best execution provider that works here: CUDA, then WebGPU, then the CPU. */
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { DataError } from '../../../models/errors.ts';

const preference = ['cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof preference)[number];

export interface OnnxModel {
  readonly file: string;
  readonly outputNames: readonly string[];
  /** Of the first input; a name stands for a size left open. */
  readonly inputShape: readonly (number | string)[];
  /** Runs the model's first input [batch, ...rest] and returns the outputs asked for, row-major.
   *  Throws DataError if it has no such output or cannot take the input. */
  run<N extends string>(input: Float32Array, shape: readonly number[], outputs: readonly N[]): Promise<Record<N, Float32Array>>;
}

export interface OnnxRuntime {
  /** Loads a file once. Throws DataError with the file's name if no provider can load it. */
  open(path: string): Promise<OnnxModel>;
  /** Provider of the models opened so far, the slowest of them where they differ. */
  provider(): string;
  release(): Promise<void>;
}

/** `providers` are tried from the first one on; one that failed is not tried again. */
export function createOnnxRuntime(threads: number, providers: readonly Provider[] = preference): OnnxRuntime {
  env.logLevel = 'fatal';
  const built = listSupportedBackends().map(({ name }) => name);
  let candidates = providers.filter((name) => built.includes(name));
  const sessions: InferenceSession[] = [];
  const opened = new Map<string, OnnxModel>();
  return {
    async open(path) {
      const known = opened.get(path);
      if (known !== undefined) return known;
      let reason: unknown;
      for (const provider of candidates) {
        try {
          const session = await createSession(path, provider, threads);
          candidates = candidates.slice(candidates.indexOf(provider));
          sessions.push(session);
          const model = modelOf(session, basename(path));
          opened.set(path, model);
          return model;
        } catch (error) {
          reason = error;
        }
      }
      throw new DataError(`onnxruntime cannot load ${basename(path)}: ${(reason as Error | undefined)?.message ?? 'no execution provider'}`);
    },
    provider: () => candidates[0]!,
    release: async () => void (await Promise.all(sessions.splice(0).map((session) => session.release()))),
  };
}

const createSession = (path: string, provider: Provider, threads: number): Promise<InferenceSession> =>
  InferenceSession.create(path, { executionProviders: [provider], logSeverityLevel: 4, ...(threads > 0 && { intraOpNumThreads: threads }) });

function modelOf(session: InferenceSession, file: string): OnnxModel {
  const [input] = session.inputMetadata;
  return {
    file,
    outputNames: session.outputNames,
    inputShape: input?.isTensor ? input.shape : [],
    async run(input, shape, outputs) {
      const lacking = outputs.find((name) => !session.outputNames.includes(name));
      if (lacking !== undefined) throw new DataError(`${file} should have an output "${lacking}", and has ${session.outputNames.join(', ')}.`);
      await setImmediate(); // a run blocks the event loop: let progress and the end of the parent through
      const feeds = { [session.inputNames[0]!]: new Tensor('float32', input, shape) };
      const found = await session.run(feeds, [...outputs]).catch((error: Error) => {
        throw new DataError(`${file} cannot take an input of shape [${shape}]: ${error.message}`);
      });
      return Object.fromEntries(outputs.map((name) => [name, found[name]!.data])) as Record<(typeof outputs)[number], Float32Array>;
    },
  };
}
