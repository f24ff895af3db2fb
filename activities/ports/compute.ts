/** The jobs of compute processes, and who runs them. */
import type { EvaluationConfig, ExperimentConfig, TrainingConfig } from '../config/experiment-config.ts';
import type { InitialFlowRequest, SamplesRequest } from '../contracts/evaluation.ts';
import type { SegmentFigures, SegmentRequest, TrainingSpec } from '../contracts/training.ts';
import type { Heartbeat } from './progress.ts';

/** Jobs of the compute processes. Inputs are paths of store files, outputs files in a scratch folder given by
 *  the caller. */
export interface ComputeJobs {
  /** TensorFlow. Rejects with DivergedError where a rule of `config.divergence` is broken. */
  'train-segment': {
    readonly job: SegmentRequest & {
      readonly files: {
        readonly train: string;
        readonly test: string;
        readonly checkpoint: string | null;
        readonly initialFlow: string | null;
      };
    };
    readonly result: {
      readonly checkpoint: string;
      readonly metrics: string;
      readonly last: Record<string, number>;
      readonly weights: { raw: string; averaged: string };
      readonly updateSeconds: number;
      readonly figures?: SegmentFigures<string>;
      readonly suspect?: true;
    };
  };
  /** TensorFlow. Averaged weights of a checkpoint -> ONNX files; each path null where the checkpoint has no
   *  such model. */
  'export-models': {
    readonly job: {
      readonly checkpoint: string;
      readonly models: ExperimentConfig['models'] | null;
      readonly shape: readonly number[];
      readonly metadata: Record<string, string>;
      /** Of a checkpoint that holds more: the flow, and nothing else. */
      readonly flowAlone?: true;
    };
    readonly result: {
      readonly flowLogProb: string | null;
      readonly flowSample: string | null;
      readonly ebm: string | null;
      readonly sampler: string | null;
      readonly features: string | null;
    };
  };
  /** TensorFlow's models, for their layout. A given flow, held against the configuration. `checkpoint`: the
   *  file made of foreign weights, null where the given one is a checkpoint already. Rejects with
   *  BadInputError and SafetensorsError. */
  'prepare-initial-flow': {
    readonly job: Pick<InitialFlowRequest, 'file' | 'flow' | 'shape'> & { readonly name: string };
    readonly result: { readonly checkpoint: string | null; readonly source: string };
  };
  /** onnxruntime. 2-D: MSE of log-density on the test points, density grid, normaliser by quadrature. */
  'evaluate-density': {
    readonly job: {
      readonly density: string;
      readonly test: string;
      readonly evaluation: EvaluationConfig;
      readonly seed: number;
      /** Result name (flowMle, flowFce, ebmFce, ebmNceStandard, ebmNceMatched) -> ONNX file with output
       *  `log_prob`. */
      readonly models: Readonly<Record<string, string>>;
      /** Result name (flowMle, flowFce) -> ONNX sampler. */
      readonly samplers: Readonly<Record<string, string>>;
    };
    readonly result: EvaluationOutput;
  };
  /** onnxruntime. A network given as ONNX, or as PyTorch weights of the FID Inception network (.pth, .pt),
   *  checked against the run's images and their numbers. `network`: the ONNX file made of weights, null where
   *  one was given. */
  'prepare-features': {
    readonly job: {
      readonly file: string;
      readonly name: string;
      readonly shape: readonly number[];
      readonly samples: number;
      readonly trainCount: number;
      /** Statistics that are to be compared with. */
      readonly reference: { readonly path: string; readonly name: string } | null;
    };
    readonly result: {
      readonly network: string | null;
      readonly dims: number;
      readonly fid: boolean;
      readonly label: string;
    };
  };
  /** onnxruntime. Mean, covariance and some features of a set of images: an .npz that pytorch-fid reads. */
  'feature-statistics': {
    readonly job: {
      readonly images: string;
      readonly shape: readonly number[];
      readonly network: string;
      readonly batchSize: number;
      /** How messages name the network, whose file is stored under its hash. */
      readonly label?: string;
    };
    readonly result: { readonly statistics: string; readonly count: number; readonly dims: number };
  };
  /** onnxruntime. A PNG: a grid of images, or how often points fall into the cells of the square that
   *  densities are drawn on. */
  'draw-samples': {
    readonly job: Pick<SamplesRequest, 'shape' | 'evaluation' | 'seed'> & { readonly sampler: string };
    readonly result: { readonly picture: string };
  };
  /** onnxruntime. Images. Results: `bitsPerDim.<model>`; of an EBM `logNormalizer.<ebm>.learned`,
   *  `.importance`, `.importanceError` and `.effectiveSamples`, nats, and `bitsPerDim.importance.<ebm>`;
   *  `samples.nonFinite.<sampler>`, `samples.maxAbs.<sampler>`; `reconstruction.maxGreyLevels.<model>` and
   *  `.rmsGreyLevels.<model>`; `neighbours.rmsGreyLevels.<sampler>`, `.data`, and `neighbours.searched`;
   *  distances in the features of a given network. Files: PNG grids. */
  'evaluate-images': {
    readonly job: {
      readonly test: string;
      readonly train: string;
      readonly shape: readonly number[];
      readonly evaluation: EvaluationConfig;
      readonly seed: number;
      readonly features: FeatureFiles | null;
      /** `flowMle`, `flowFce`: log-density and sampler of the flow before and after; `ebmFce`:
       *  log-density. */
      readonly models: Readonly<Record<string, string>>;
      readonly samplers: Readonly<Record<string, string>>;
    };
    readonly result: EvaluationOutput;
  };
}

/** What distances are taken in and to. */
export interface FeatureFiles {
  /** ONNX. */
  readonly network: string;
  /** How results name the network. */
  readonly label: string;
  /** Whether it is the FID Inception network with its official weights: its distances, and no others, are
   *  called FIDs. */
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

export interface Compute {
  /** Runs a job in a compute process of its own kind and threads; waits first, by priority, for free cores
   *  and for the memory that the job is expected to take (phase `queued`). Abort kills the process within 5
   *  s. Rejects with ComputeCrashedError if the process dies, with OutOfMemoryError if it does for want of
   *  memory, with TooLittleMemoryError where there never is enough, with the signal's reason once an aborted
   *  one is gone, and with the job's own error otherwise: its name, message and fields, not its class. */
  run<K extends JobName>(
    name: K,
    job: ComputeJobs[K]['job'],
    options: {
      readonly threads: number;
      readonly scratch: string;
      readonly priority?: number | undefined;
    } & Heartbeat,
  ): Promise<ComputeJobs[K]['result']>;
  /** Ends the processes that are kept warm for a training and have no job. */
  release(training: TrainingSpec): Promise<void>;
}

/** A training as far as another run may have the same. */
export interface SharedTraining {
  readonly config: TrainingConfig;
  /** As in its steps' keys. */
  readonly salt: string | null;
  /** Where it stops for now; left out where it does not. */
  readonly until?: number;
}
