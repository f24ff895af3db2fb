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
  /** Provider of the models opened so far, the slowest of them where they differ, and which one was given up for wrong values. */
  provider(): string;
  release(): Promise<void>;
}

export type SessionOpener = (path: string, provider: Provider, threads: number) => Promise<InferenceSession>;

/** `providers` are tried from the first one on; one that failed, or that answers otherwise than the CPU, is not tried again. */
export function createOnnxRuntime(threads: number, providers: readonly Provider[] = preference, openSession: SessionOpener = createSession): OnnxRuntime {
  env.logLevel = 'fatal';
  const built = listSupportedBackends().map(({ name }) => name);
  let candidates = providers.filter((name) => built.includes(name));
  const faults: string[] = [];
  const sessions: InferenceSession[] = [];
  const opened = new Map<string, OnnxModel>();
  const open = async (path: string, provider: Provider): Promise<Opened> => {
    const session = await openSession(path, provider, threads);
    sessions.push(session);
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
    throw new DataError(`onnxruntime cannot load ${basename(path)}: ${(reason as Error | undefined)?.message ?? 'no execution provider'}`);
  };
  /** The session that goes on after its first input: another provider's where the values are not the CPU's. */
  const settled = async ({ path, provider, session }: Opened, first: Tensor): Promise<InferenceSession> => {
    if (provider === 'cpu') return session;
    const cpu = await open(path, 'cpu');
    const fault = await faultOf(session, cpu.session, sample(first, shapeOf(session)));
    sessions.splice(sessions.indexOf(cpu.session), 1);
    await cpu.session.release();
    if (fault === null) return session;
    faults.push(`${provider} ${fault} ${basename(path)}`);
    candidates = candidates.filter((name) => name !== provider);
    return settled(await openBest(path), first);
  };
  return {
    async open(path) {
      const known = opened.get(path);
      if (known !== undefined) return known;
      const model = modelOf(await openBest(path), settled);
      opened.set(path, model);
      return model;
    },
    provider: () => [candidates[0], ...faults].join('; '),
    release: async () => void (await Promise.all(sessions.splice(0).map((session) => session.release()))),
  };
}

interface Opened {
  readonly path: string;
  readonly provider: Provider;
  readonly session: InferenceSession;
}

/** Of the values' norm; float32 sums in another order stay a hundred times below. */
const tolerance = 1e-3;

/** What a provider does wrong with a model, by the reference's values; null where they are the same. Throws where the reference cannot take the input. */
async function faultOf(session: InferenceSession, reference: InferenceSession, input: Tensor): Promise<string | null> {
  const expected = await reference.run({ [reference.inputNames[0]!]: input });
  const found = await session.run({ [session.inputNames[0]!]: input }).catch(() => null);
  if (found === null) return 'cannot run';
  const difference = Math.max(...reference.outputNames.map((name) => relativeDifference(found[name]!.data as Float32Array, expected[name]!.data as Float32Array)));
  return difference < tolerance ? null : `is off the CPU's values by ${difference.toPrecision(2)} relative in`;
}

/** |a - b| / |b|; numbers that are finite in neither are left out. */
function relativeDifference(a: Float32Array, b: Float32Array): number {
  let [error, norm] = [0, 1e-12 * b.length];
  for (const [i, value] of b.entries()) {
    if (!Number.isFinite(value) && !Number.isFinite(a[i])) continue;
    error += (a[i]! - value) ** 2;
    norm += value ** 2;
  }
  return Number.isFinite(error) ? Math.sqrt(error / norm) : Infinity;
}

/** The first data of a batch left open; the whole of one that is not. */
function sample(input: Tensor, shape: readonly (number | string)[]): Tensor {
  const [count, ...rest] = input.dims as [number, ...number[]];
  const few = typeof shape[0] === 'string' ? Math.min(2, count) : count;
  return new Tensor('float32', (input.data as Float32Array).slice(0, few * (input.size / count)), [few, ...rest]);
}

const createSession: SessionOpener = (path, provider, threads) =>
  InferenceSession.create(path, { executionProviders: [provider], logSeverityLevel: 4, ...(threads > 0 && { intraOpNumThreads: threads }) });

const shapeOf = ({ inputMetadata: [input] }: InferenceSession): readonly (number | string)[] => (input?.isTensor ? input.shape : []);

/** `settle`: from the first input to the session that goes on with it. */
function modelOf(opened: Opened, settle: (opened: Opened, first: Tensor) => Promise<InferenceSession>): OnnxModel {
  const file = basename(opened.path);
  const { outputNames } = opened.session;
  let settled: InferenceSession | null = null;
  return {
    file,
    outputNames,
    inputShape: shapeOf(opened.session),
    async run(input, shape, outputs) {
      const lacking = outputs.find((name) => !outputNames.includes(name));
      if (lacking !== undefined) throw new DataError(`${file} should have an output "${lacking}", and has ${outputNames.join(', ')}.`);
      await setImmediate(); // a run blocks the event loop: let progress and the end of the parent through
      const tensor = new Tensor('float32', input, shape);
      try {
        settled ??= await settle(opened, tensor);
        const found = await settled.run({ [settled.inputNames[0]!]: tensor }, [...outputs]);
        return Object.fromEntries(outputs.map((name) => [name, found[name]!.data])) as Record<(typeof outputs)[number], Float32Array>;
      } catch (error) {
        throw new DataError(`${file} cannot take an input of shape [${shape}]: ${(error as Error).message}`);
      }
    },
  };
}
