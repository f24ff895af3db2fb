/** What activities are handed (`createActivities(ports)`): the interfaces of the ground they stand on. Implemented in `infra`. */
import type { ArtifactRef, EvaluationConfig, ExperimentConfig, InitialFlowRequest, SamplesRequest, SegmentFigures, SegmentRequest, TrainingConfig, TrainingName, TrainingSpec } from './contracts.ts';

/** Content-addressed files, and the outputs remembered by key. Writes are atomic: a file is whole or absent.
 *  Where a signal is given, what reads or writes whole files rejects with its reason once it is aborted. */
export interface ArtifactStore {
  put(content: Uint8Array | { readonly file: string }, signal?: AbortSignal): Promise<ArtifactRef>;
  /** As `put`, of a file that nobody else needs: it becomes the artifact, and is gone from where it was. */
  take(file: string, signal?: AbortSignal): Promise<ArtifactRef>;
  get(ref: ArtifactRef): Promise<Uint8Array>;
  /** A local path of the artifact, checked against its hash on first use in this process; never to be written to. */
  path(ref: ArtifactRef, signal?: AbortSignal): Promise<string>;
  has(ref: ArtifactRef, signal?: AbortSignal): Promise<boolean>;
  /** Removes an artifact, and leaves a mark in its place: outputs that name it are found all the same. Storing it again takes the mark back. */
  release(ref: ArtifactRef, claim: Claim): Promise<void>;
  /** Whether it was released, and is not there. */
  isReleased(ref: ArtifactRef): Promise<boolean>;
  /** The output remembered under a key, if every artifact in it is still there and whole, or was released. */
  recall<T>(key: string, wanted?: Wanted & { readonly signal?: AbortSignal }): Promise<{ readonly output: T; readonly at: string } | null>;
  claiming<T>(key: string, attempt: Attempt, work: (claim: Claim) => Promise<T>): Promise<T>;
  /** One at a time on this machine computes what a key stands for; a holder that is stopped is not waited for. */
  alone<T>(key: string, pulse: Pulse, work: () => Promise<T>): Promise<T>;
  /** The first output under a key stays as long as it is whole. Returns the one that stands. */
  remember<T>(key: string, record: Remembered<T>, claim: Claim, wanted?: Wanted): Promise<T>;
  /** The latest output under a key stays. */
  replace(key: string, record: Remembered<unknown>, claim: Claim): Promise<void>;
}

/** `whole`: an output with an artifact that was released is none. */
export interface Wanted {
  readonly whole?: boolean;
}

export interface Remembered<T> {
  readonly activity: string;
  readonly spec: unknown;
  readonly output: T;
  /** What the key was made of beside activity and spec, so that it can be said later why another one differs. */
  readonly salt?: string | null;
  readonly circumstances?: Circumstances;
}

/** What a step depends on beside its spec. */
export interface Circumstances {
  readonly code: string;
  readonly native: Readonly<Record<string, string>>;
  readonly threads: number;
}

export interface Pulse {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** One attempt at an activity. A worker that was given up may only have been stopped: earlier attempts can come back to life beside a later one. */
export interface Attempt {
  readonly workflowId: string;
  readonly activity: string;
  /** How many attempts at the same activity failed before it; left out for none. */
  readonly failedBefore?: number;
  /** Whether the server still waits for it; no later attempt begins before that is over. */
  isAwaited(): Promise<boolean>;
}

/** An attempt's right to publish, until a later attempt at the same work takes it. */
export interface Claim {
  /** What is published is made in this folder and moved out of it; who takes the claim over removes it. */
  readonly staging: string;
}

/** A later attempt has taken over: what is not published yet is not published any more. */
export class StaleAttemptError extends Error {
  override readonly name = 'StaleAttemptError';
}

/** A file cannot be read or written, or an artifact is missing or damaged. `code` as the system names it, or `missing`, `damaged`. */
export class StorageError extends Error {
  override readonly name: string = 'StorageError';
  readonly path: string;
  readonly code: string;
  /** SHA-256 of the artifact that is missing or damaged. */
  readonly artifact: string | null;
  constructor(message: string, path: string, code: string, { cause, artifact = null }: { readonly cause?: unknown; readonly artifact?: string | null } = {}) {
    super(message, { cause });
    this.path = path;
    this.code = code;
    this.artifact = artifact;
  }
}

/** There is no room for a file, or none that it may take. */
export class StorageFullError extends StorageError {
  override readonly name = 'StorageFullError';
  /** What the file takes, and what is free on its file system; null: nobody knows. */
  readonly bytes: number;
  readonly free: number | null;
  /** Seconds it has been waited for room. */
  readonly waited: number;
  constructor(
    message: string, path: string, code: string,
    { cause, bytes, free, waited = 0 }: { readonly cause?: unknown; readonly bytes: number; readonly free: number | null; readonly waited?: number },
  ) {
    super(message, path, code, { cause });
    this.bytes = bytes;
    this.free = free;
    this.waited = waited;
  }

  /** The same, once nobody waits any longer. */
  after(waited: number): StorageFullError {
    const { message, path, code, cause, bytes, free } = this;
    return new StorageFullError(`${message} There has been no room for ${waited} s.`, path, code, { cause, bytes, free, waited });
  }
}

/** One line of progress of a compute job; `done` only grows within a phase. */
export interface Progress {
  readonly phase: 'queued' | 'hashing' | 'points' | 'images' | 'loading' | 'recording' | 'initialising' | 'first-run' | 'step' | 'checkpoint' | 'export' | 'density' | 'features' | 'samples' | 'comparison'
    | 'importance' | 'temperatures' | 'interpolation' | 'reconstruction' | 'neighbours' | 'room';
  readonly training?: TrainingName;
  readonly done: number;
  readonly total: number;
  /** Updates (or images) a second over the last moments. */
  readonly perSecond?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of the phase `room`, which counts seconds of waiting: for which file. `over`: there is room now. */
  readonly room?: { readonly path: string; readonly bytes: number; readonly free: number | null; readonly over: boolean; readonly code?: string };
  /** Of the phase `queued`, where it waits for memory: what the job is expected to take, and what there is for it, bytes. */
  readonly memory?: { readonly bytes: number; readonly free: number };
  /** Its process says nothing, for it is in one long call, but computes, reads or writes. */
  readonly busy?: true;
}

/** Jobs of the compute processes. Inputs are paths of store files, outputs files in a scratch folder given by the caller. */
export interface ComputeJobs {
  /** TensorFlow. Rejects with DivergedError where a rule of `config.divergence` is broken. */
  'train-segment': {
    readonly job: SegmentRequest & { readonly files: { readonly train: string; readonly test: string; readonly checkpoint: string | null; readonly initialFlow: string | null } };
    readonly result: {
      readonly checkpoint: string; readonly metrics: string; readonly last: Record<string, number>;
      readonly weights: { raw: string; averaged: string }; readonly updateSeconds: number; readonly figures?: SegmentFigures<string>; readonly suspect?: true;
    };
  };
  /** TensorFlow. Averaged weights of a checkpoint -> ONNX files; each path null where the checkpoint has no such model. */
  'export-models': {
    readonly job: { readonly checkpoint: string; readonly models: ExperimentConfig['models'] | null; readonly shape: readonly number[]; readonly metadata: Record<string, string>;
      /** Of a checkpoint that holds more: the flow, and nothing else. */
      readonly flowAlone?: true };
    readonly result: { readonly flowLogProb: string | null; readonly flowSample: string | null; readonly ebm: string | null;
      readonly sampler: string | null; readonly features: string | null };
  };
  /** TensorFlow's models, for their layout. A given flow, held against the configuration. `checkpoint`: the file made of foreign weights,
   *  null where the given one is a checkpoint already. Rejects with BadInputError and SafetensorsError. */
  'prepare-initial-flow': {
    readonly job: Pick<InitialFlowRequest, 'file' | 'flow' | 'shape'> & { readonly name: string };
    readonly result: { readonly checkpoint: string | null; readonly source: string };
  };
  /** onnxruntime. 2-D: MSE of log-density on the test points, density grid, normaliser by quadrature. */
  'evaluate-density': {
    readonly job: { readonly density: string; readonly test: string; readonly evaluation: EvaluationConfig; readonly seed: number;
      /** Result name (flowMle, flowFce, ebmFce, ebmNceStandard, ebmNceMatched) -> ONNX file with output `log_prob`. */
      readonly models: Readonly<Record<string, string>>;
      /** Result name (flowMle, flowFce) -> ONNX sampler. */
      readonly samplers: Readonly<Record<string, string>> };
    readonly result: EvaluationOutput;
  };
  /** onnxruntime. A network given as ONNX, or as PyTorch weights of the FID Inception network (.pth, .pt), checked against the run's images
   *  and their numbers. `network`: the ONNX file made of weights, null where one was given. */
  'prepare-features': {
    readonly job: { readonly file: string; readonly name: string; readonly shape: readonly number[]; readonly samples: number; readonly trainCount: number;
      /** Statistics that are to be compared with. */
      readonly reference: { readonly path: string; readonly name: string } | null };
    readonly result: { readonly network: string | null; readonly dims: number; readonly fid: boolean; readonly label: string };
  };
  /** onnxruntime. Mean, covariance and some features of a set of images: an .npz that pytorch-fid reads. */
  'feature-statistics': {
    readonly job: { readonly images: string; readonly shape: readonly number[]; readonly network: string; readonly batchSize: number;
      /** How messages name the network, whose file is stored under its hash. */
      readonly label?: string };
    readonly result: { readonly statistics: string; readonly count: number; readonly dims: number };
  };
  /** onnxruntime. A PNG: a grid of images, or how often points fall into the cells of the square that densities are drawn on. */
  'draw-samples': {
    readonly job: Pick<SamplesRequest, 'shape' | 'evaluation' | 'seed'> & { readonly sampler: string };
    readonly result: { readonly picture: string };
  };
  /** onnxruntime. Images. Results: `bitsPerDim.<model>`; of an EBM `logNormalizer.<ebm>.learned`, `.importance`, `.importanceError` and `.effectiveSamples`, nats,
   *  and `bitsPerDim.importance.<ebm>`; `samples.nonFinite.<sampler>`, `samples.maxAbs.<sampler>`; `reconstruction.maxGreyLevels.<model>` and `.rmsGreyLevels.<model>`;
   *  `neighbours.rmsGreyLevels.<sampler>`, `.data`, and `neighbours.searched`; distances in the features of a given network. Files: PNG grids. */
  'evaluate-images': {
    readonly job: { readonly test: string; readonly train: string; readonly shape: readonly number[]; readonly evaluation: EvaluationConfig; readonly seed: number;
      readonly features: FeatureFiles | null;
      /** `flowMle`, `flowFce`: log-density and sampler of the flow before and after; `ebmFce`: log-density. */
      readonly models: Readonly<Record<string, string>>;
      readonly samplers: Readonly<Record<string, string>> };
    readonly result: EvaluationOutput;
  };
}
/** What distances are taken in and to. */
export interface FeatureFiles {
  /** ONNX. */
  readonly network: string;
  /** How results name the network. */
  readonly label: string;
  /** Whether it is the FID Inception network with its official weights: its distances, and no others, are called FIDs. */
  readonly fid: boolean;
  /** Statistics of the training and test images, of `feature-statistics`. */
  readonly train: string;
  readonly test: string;
  /** Statistics from elsewhere, with the file's name. */
  readonly given: { readonly path: string; readonly name: string } | null;
}
export interface EvaluationOutput {
  readonly results: Readonly<Record<string, number | string>>;
  /** Name -> path of a written file (JSON grid, PNG). */
  readonly files: Readonly<Record<string, string>>;
  readonly executionProvider: string;
}
export type JobName = keyof ComputeJobs;

/** A compute process ended without an answer. `lastLines`: the end of what it wrote. */
export class ComputeCrashedError extends Error {
  override readonly name = 'ComputeCrashedError';
  readonly exitCode: number | null;
  readonly exitSignal: string | null;
  readonly lastLines: string;
  constructor(message: string, exitCode: number | null, exitSignal: string | null, lastLines: string) {
    super(message);
    this.exitCode = exitCode;
    this.exitSignal = exitSignal;
    this.lastLines = lastLines;
  }
}

/** A compute process was killed, or ended itself, for want of memory. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** A job is expected to take more memory than there is for all of them: it is not begun. */
export class TooLittleMemoryError extends Error {
  override readonly name = 'TooLittleMemoryError';
}

/** A native library that a compute process needs is missing, or not whole. */
export class MissingPartError extends Error {
  override readonly name = 'MissingPartError';
}

export interface Compute {
  /** Runs a job in a compute process of its own kind and threads; waits first, by priority, for free cores and for the memory that the job is
   *  expected to take (phase `queued`). Abort kills the process within 5 s. Rejects with ComputeCrashedError if the process dies, with
   *  OutOfMemoryError if it does for want of memory, with TooLittleMemoryError where there never is enough,
   *  with the signal's reason once an aborted one is gone, and with the job's own error otherwise: its name, message and fields, not its class. */
  run<K extends JobName>(
    name: K,
    job: ComputeJobs[K]['job'],
    options: { readonly threads: number; readonly scratch: string; readonly priority?: number | undefined } & Pulse,
  ): Promise<ComputeJobs[K]['result']>;
  /** Ends the processes that are kept warm for a training and have no job. */
  release(training: TrainingSpec): Promise<void>;
}

/** `runs/<id>/`: what people open. Files are replaced whole. */
export interface RunDirectory {
  path(runId: string): string;
  claiming<T>(runId: string, attempt: Attempt, work: (claim: Claim) => Promise<T>): Promise<T>;
  /** A text file; null where there is none. */
  read(runId: string, name: string): Promise<string | null>;
  write(runId: string, name: string, content: Uint8Array | string, claim: Claim): Promise<void>;
  /** Puts a store file into the run directory under a name (hard link where possible). */
  link(runId: string, name: string, ref: ArtifactRef, claim: Claim): Promise<void>;
  /** Whether a run other than this one needs a checkpoint of a training that both may have, by the checkpoint's SHA-256. */
  neededByOthers(runId: string, training: SharedTraining): Promise<(sha256: string) => boolean>;
}

/** A training as far as another run may have the same. */
export interface SharedTraining {
  readonly config: TrainingConfig;
  /** As in its steps' keys. */
  readonly salt: string | null;
  /** Where it stops for now; left out where it does not. */
  readonly until?: number;
}

/** What a result depends on beside its inputs. */
export interface Identity {
  /** Hash of the code a job or activity reaches. */
  codeHash(entry: JobName | 'prepare-dataset' | 'measure-updates' | 'write-report'): Promise<string>;
  /** Native versions and device class of the compute processes: TensorFlow, onnxruntime, cpu or gpu. */
  native(): Promise<Readonly<Record<string, string>>>;
  /** For the record: git commit, lockfile hash, versions, hardware. */
  environment(): Promise<Readonly<Record<string, unknown>>>;
}

export interface Ports {
  readonly store: ArtifactStore;
  readonly compute: Compute;
  readonly runs: RunDirectory;
  readonly identity: Identity;
  /** Folder for files of jobs that have not become artifacts yet. */
  readonly scratch: string;
  /** How long a full disk is waited for, where that is not said by `whileAlive`. */
  readonly roomWithinMs?: number;
  /** Since when somebody has worked in the folder without a break, ms since 1970; left out where that is not known. */
  readonly attendedSince?: number;
}
