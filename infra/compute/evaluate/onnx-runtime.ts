/** ONNX files in onnxruntime, on the best execution provider that works here: CUDA, then WebGPU, then the CPU. */
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { DataError } from '../../../models/errors.ts';
import { faultOf } from './provider-check.ts';

const preference = ['cuda', 'webgpu', 'cpu'] as const;
export type Provider = (typeof preference)[number];

export interface OnnxModel {
  readonly file: string;
  readonly outputNames: readonly string[];
  /** Of the first input; a name stands for a size left open. */
  readonly inputShape: readonly (number | string)[];
  /** Runs the model's first input [batch, ...rest] and returns the outputs asked for, row-major. The first input is computed on the
   *  CPU too, and the model goes on with another provider if the values are not the same.
   *  Throws DataError if it has no such output or cannot take the input. */
  run<N extends string>(input: Float32Array, shape: readonly number[], outputs: readonly N[]): Promise<Record<N, Float32Array>>;
  /** The one that computes it. */
  provider(): Provider;
}

export interface OnnxRuntime {
  /** Loads a file once. Throws DataError with the file's name if no provider can load it. */
  open(path: string): Promise<OnnxModel>;
  /** Provider of the models opened so far, the slowest of them where they differ, and which one was given up for what. */
  provider(): string;
  release(): Promise<void>;
}

export type SessionOpener = (path: string, provider: Provider, threads: number) => Promise<InferenceSession>;

/** `providers` are tried from the first one on; one that failed, or that answers otherwise than the CPU, is tried for no further model. */
export function createOnnxRuntime(threads: number, providers: readonly Provider[] = preference, openSession: SessionOpener = createSession): OnnxRuntime {
  env.logLevel = 'fatal';
  const built = listSupportedBackends().map(({ name }) => name);
  let candidates = providers.filter((name) => built.includes(name));
  const faults: string[] = [];
  const models = new Map<string, OnnxModel>();
  const sessions = new Set<InferenceSession>();
  const release = async (session: InferenceSession): Promise<void> => {
    sessions.delete(session);
    await session.release();
  };
  const open = async (path: string, provider: Provider): Promise<Opened> => {
    const session = await openSession(path, provider, threads);
    sessions.add(session);
    return { path, provider, session };
  };
  const openBest = async (path: string): Promise<Opened> => {
    let reason: unknown;
    for (const provider of candidates) {
      try {
        const found = await open(path, provider);
        candidates = candidates.slice(candidates.indexOf(provider));
        return found;
      } catch (error) {
        reason = error;
      }
    }
    const [sentence] = ((reason as Error | undefined)?.message ?? 'no execution provider').split('\n');
    throw new DataError(`onnxruntime cannot load ${basename(path)}: ${sentence}. Save it again, or give another network.`);
  };
  const settle = async (opened: Opened, first: Tensor): Promise<Opened> => {
    const { path, provider, session } = opened;
    if (provider === 'cpu') return opened;
    if (candidates.includes(provider)) {
      const cpu = await open(path, 'cpu');
      const fault = await faultOf(session, cpu.session, first).finally(() => release(cpu.session));
      if (fault === null) return opened;
      faults.push(`${provider} ${fault} ${basename(path)}`);
      candidates = candidates.filter((name) => name !== provider);
    }
    await release(session);
    return settle(await openBest(path), first);
  };
  return {
    async open(path) {
      const model = models.get(path) ?? modelOf(await openBest(path), settle);
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
  InferenceSession.create(path, { executionProviders: [provider], logSeverityLevel: 4, ...(threads > 0 && { intraOpNumThreads: threads }) });

interface Opened {
  readonly path: string;
  readonly provider: Provider;
  readonly session: InferenceSession;
}

/** `settle`: from the first input to the session that goes on with it. */
function modelOf(opened: Opened, settle: (opened: Opened, first: Tensor) => Promise<Opened>): OnnxModel {
  const file = basename(opened.path);
  const { outputNames, inputMetadata: [input] } = opened.session;
  let current = opened;
  let settled: Promise<Opened> | null = null;
  const settledWith = (first: Tensor): Promise<Opened> => {
    settled ??= settle(opened, first).catch((error: unknown) => {
      settled = null;
      throw error;
    });
    return settled;
  };
  return {
    file,
    outputNames,
    inputShape: input?.isTensor ? input.shape : [],
    provider: () => current.provider,
    async run(values, shape, outputs) {
      const lacking = outputs.find((name) => !outputNames.includes(name));
      if (lacking !== undefined) throw new DataError(`${file} should have an output "${lacking}", and has ${outputNames.join(', ')}.`);
      await setImmediate(); // a run blocks the event loop: let progress and the end of the parent through
      const tensor = new Tensor('float32', values, shape);
      try {
        current = await settledWith(tensor);
        const found = await current.session.run({ [current.session.inputNames[0]!]: tensor }, [...outputs]);
        return Object.fromEntries(outputs.map((name) => [name, found[name]!.data])) as Record<(typeof outputs)[number], Float32Array>;
      } catch (error) {
        if (error instanceof DataError) throw error;
        throw new DataError(`${file} cannot take an input of shape [${shape}]: ${(error as Error).message}`);
      }
    },
  };
}
