/** What is made of trained models: files, features, samples, figures. Types only: workflow code imports this
 *  file. */
import type { EvaluationConfig, ExperimentConfig } from '../config/experiment-config.ts';
import type { ArtifactRef, GivenFlow, Provenance } from './artifact.ts';
import type { PreparedDataset } from './dataset.ts';
import type { ExportedName } from './names.ts';

/** ONNX files of a training. Densities and energies are in nats. */
export interface ModelFiles {
  /** input `x` [batch, ...shape]; outputs `log_prob` [batch], `z` [batch, dim]. */
  readonly flowLogProb?: ArtifactRef;
  /** input `z` [batch, dim]; outputs `x`, `log_prob`. */
  readonly flowSample?: ArtifactRef;
  /** input `x`; outputs `energy`, `log_prob` [batch], `features`. */
  readonly ebm?: ArtifactRef;
  /** VAE, DCGAN: input `z` [batch, latent]; output `x`. */
  readonly sampler?: ArtifactRef;
  /** Classifier: input `images` [batch, C, H, W] of 0..255; outputs `features` [batch, features],
   *  `logits`. */
  readonly features?: ArtifactRef;
}

/** Averaged weights of a checkpoint as ONNX files, the same for every run that trained them. */
export interface ExportedModels extends Provenance, ModelFiles {
  readonly name: string;
  /** Copies that name this run in their metadata, for its folder. */
  readonly stamped: ModelFiles;
}

export interface EvaluationResult extends Provenance {
  /** Dotted names as `show --json` prints them: mse.flowMle, bitsPerDim.flowFce, frechet.flowFce ... */
  readonly results: Readonly<Record<string, number | string>>;
  /** Files for the report: density grids, PNG grids of images, by name. */
  readonly files: Readonly<Record<string, ArtifactRef>>;
  readonly executionProvider: string;
}

export interface ExportRequest {
  readonly training: ExportedName;
  readonly checkpoint: ArtifactRef;
  /** As in the training's spec. */
  readonly models: ExperimentConfig['models'] | null;
  readonly shape: readonly number[];
  readonly threads: number;
  readonly owner: ModelOwner;
}

/** The run an ONNX file names in its metadata. */
export interface ModelOwner {
  readonly runId: string;
  readonly experiment: string;
  readonly config: ExperimentConfig;
}

/** One evaluation, stateless: references in, metrics and references out. Names as in ports.ts (flowMle,
 *  ebmFce ...). */
export interface EvaluationRequest {
  readonly evaluation: EvaluationConfig;
  readonly dataset: Pick<PreparedDataset, 'train' | 'test' | 'shape'>;
  readonly models: Readonly<Record<string, ArtifactRef>>;
  readonly samplers: Readonly<Record<string, ArtifactRef>>;
  readonly seed: number;
  readonly threads: number;
}

export interface DensityRequest extends EvaluationRequest {
  readonly density: string;
}

export interface ImagesRequest extends EvaluationRequest {
  readonly features:
    | (FeatureNetwork & { readonly against: { readonly train: ArtifactRef; readonly test: ArtifactRef } })
    | null;
}

/** A network in whose features images are compared. */
export interface FeatureNetwork {
  /** ONNX: `images` [batch, C, H, W] of 0..255 -> `features`. */
  readonly network: ArtifactRef;
  /** How results name it. */
  readonly label: string;
  /** Whether it is the FID Inception network with its official weights. */
  readonly fid: boolean;
  /** Statistics given on the command line. */
  readonly reference: { readonly file: ArtifactRef; readonly name: string } | null;
}

export interface FeaturesRequest {
  /** Absolute paths: ONNX or PyTorch weights; an .npz of pytorch-fid. */
  readonly file: string;
  readonly reference: string | null;
  readonly shape: readonly number[];
  readonly samples: number;
  readonly trainCount: number;
  readonly threads: number;
}

/** A given flow, checked against the run's configuration and data. */
export interface InitialFlow {
  /** safetensors with `flow.average` [N], in the layout of `models.flow`. */
  readonly checkpoint: ArtifactRef;
  /** The file it was read from, under its name; the checkpoint itself where that is one. */
  readonly given: ArtifactRef;
  readonly name: string;
  /** What the file is, for people. */
  readonly source: string;
}

export interface InitialFlowRequest extends GivenFlow {
  readonly flow: ExperimentConfig['models']['flow'];
  readonly shape: readonly number[];
  readonly threads: number;
}

export interface SamplesRequest {
  /** ONNX, of a training that goes on. */
  readonly sampler: ArtifactRef;
  readonly shape: readonly number[];
  readonly evaluation: Pick<EvaluationConfig, 'temperature' | 'extent'>;
  readonly seed: number;
  readonly threads: number;
}

export interface StatisticsRequest {
  /** Of a prepared data set. */
  readonly images: ArtifactRef;
  readonly network: ArtifactRef;
  /** How messages name the network; not part of the key. */
  readonly label?: string;
  readonly shape: readonly number[];
  readonly batchSize: number;
  readonly threads: number;
}
