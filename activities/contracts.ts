/** The types of every activity's input and output, and the failures they name. Types only: workflow code imports this file. */
import type { z } from 'zod';
import type { DivergenceRule } from '../models/training/divergence.ts';
import type { ControlConfig, FceConfig, MleConfig, NceConfig } from '../models/fce/config.ts';
import type { TrainingConfig } from '../models/training-schema.ts';
import type { Warning } from './health/warning.ts';
import type { SweepActivities } from './sweep/contracts.ts';
import type { datasetSchema, evaluationSchema, experimentConfigSchema } from './config/experiment-config.ts';

export type DatasetConfig = z.infer<typeof datasetSchema>;
export type EvaluationConfig = z.infer<typeof evaluationSchema>;
export type ExperimentConfig = z.infer<typeof experimentConfigSchema>;
export type { ControlConfig, FceConfig, MleConfig, NceConfig, TrainingConfig };

/** A file in the artifact store. `uri` is `artifact://sha256/<hex>`. */
export interface ArtifactRef {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A flow that was trained before, given as a file (`--initial-flow`): the run starts from it in place of a pretraining. */
export interface GivenFlow {
  /** Absolute path. */
  readonly file: string;
  /** The file's content when the run was asked for. The run starts from no other, and keeps a copy: the file may go then. */
  readonly artifact: ArtifactRef;
}

/** What a user asked for, resolved and validated; the one argument of the workflow `reproduce`. */
export interface RunRequest {
  readonly runId: string;
  readonly experiment: string;
  readonly title: string;
  readonly config: ExperimentConfig;
  /** Absolute paths given on the command line; null where not given. */
  readonly dataDir: string | null;
  readonly features: string | null;
  /** Statistics of other images, an .npz of pytorch-fid. */
  readonly reference?: string | null;
  /** Left out where none was given. */
  readonly initialFlow?: GivenFlow;
  readonly fresh: boolean;
  readonly startedAt: string;
  /** Time the set-up before this run took; 0 where everything was there. */
  readonly setupSeconds: number;
  /** The command that makes this run again. */
  readonly command: string;
  /** When `resume` started a new execution of this run. */
  readonly resumedAt?: string;
  /** Update of the contrast at whose checkpoint, or the next, the run stops for now and is evaluated; left out: all of its updates are made. */
  readonly until?: number;
  /** No baselines and no control are trained: what a sweep measures its first trials by. */
  readonly withoutBaselines?: true;
  /** The contrast, its export and its evaluation are found nowhere, and are of no use to another run: they are computed to be measured. */
  readonly contrastAnew?: true;
  /** By `resume --set`, in order; left out where there are none. */
  readonly amended?: readonly Amendment[];
  /** What its trainings had been told by then (`what: 'told'`), as the record has it: each takes effect again where it did. */
  readonly told?: readonly Decision[];
  /** Messages to trainings that had not begun by then, as the record has them; left out where there are none. */
  readonly held?: readonly HeldMessage[];
  /** Where its trainings had come by then, as the record has it: what they are told before they begin again takes effect there. */
  readonly reached?: Readonly<Partial<Record<TrainingName, Border>>>;
  /** How many updates its control had been given by measured time by then (`what: 'chosen'`); it has as many again where the contrast is the same. */
  readonly chosen?: Decision;
}

/** Kept in the run's directory from before its workflow starts: what a resumed run starts from. */
export interface StoredRequest extends StoredServer {
  readonly request: RunRequest;
}

/** The Temporal server that a run was started on. */
export interface StoredServer {
  /** null: the embedded one. */
  readonly address: string | null;
  readonly namespace?: string;
  /** Of Temporal's configuration file, where one was chosen by name. */
  readonly profile?: string;
}

/** `salt` is part of a step's key: null shares finished steps between runs, the run's id (`--fresh`) keeps them to itself. */
export type Salted<T> = T & { readonly salt: string | null };

/** Every activity's output says whether it was computed or found, and under which key: "why was this (not) rerun?". */
export interface Provenance {
  readonly key: string;
  readonly reused: boolean;
  readonly reason: string;
  readonly seconds: number;
  /** What it had made before was gone or damaged. */
  readonly lost?: boolean;
  /** Left out where it never waited for room on a disk. */
  readonly waited?: readonly Waited[];
  /** Attempts that failed before the one that gave it, in this execution; left out for none, and by earlier versions. */
  readonly failedAttempts?: number;
}

/** A file that had to wait for room on its disk. */
export interface Waited {
  readonly at: string;
  readonly path: string;
  readonly bytes: number;
  readonly seconds: number;
}

export interface PreparedDataset extends Provenance {
  /** safetensors: toy `x [N,2]` float32; images `x [N, H*W*C/4]` int32, four bytes in each (see models/graph/bytes.ts),
   *  and `labels [N]` int32 from 0 where the set has them. */
  readonly train: ArtifactRef;
  /** As train; toy adds `logDensity [N]`, nats, float32 of the exact float64 value. */
  readonly test: ArtifactRef;
  readonly shape: readonly number[];
  readonly trainCount: number;
  readonly testCount: number;
  readonly partial: boolean;
  readonly source: string;
  /** JSON: source, counts, split, preprocessing, licence and the hash of every input file (datasets/dataset-card.ts). */
  readonly card: ArtifactRef;
  /** PNG of the first training images; null for points. */
  readonly picture: ArtifactRef | null;
  /** What was done to the images, as on the card; left out for points, and by earlier versions. */
  readonly preprocessing?: readonly string[];
  /** What people have to know beside the figures; left out where there is nothing. */
  readonly notes?: readonly DatasetNote[];
}

/** It becomes a decision of the run. */
export interface DatasetNote extends Pick<Decision, 'sentence' | 'details'> {
  readonly what: 'left-out' | 'noted';
}

/** Trainings of a run, by the name their metrics and files carry. */
export type TrainingName = 'flow-mle' | 'nce-standard' | 'nce-matched' | 'vae' | 'dcgan' | 'features' | 'pretrain' | 'contrast' | 'control';

/** One training, everything its result depends on but the checkpoint it goes on from. */
export interface TrainingSpec {
  readonly training: TrainingName;
  readonly config: TrainingConfig;
  /** null for a training whose model is part of its own section: it is the same whatever flow and EBM are. */
  readonly models: ExperimentConfig['models'] | null;
  readonly seed: number;
  readonly threads: number;
  readonly dataset: Pick<PreparedDataset, 'train' | 'test' | 'shape'>;
  /** Checkpoint whose averaged flow weights this training starts from (contrast after pretrain, or from a given flow); null: random weights. */
  readonly initialFlow: ArtifactRef | null;
}

/** Decisions taken on divergence, and what the training was told; part of the segment's key. */
export interface Adjustment {
  readonly learningRateScale: number;
  readonly noiseStream: number;
  /** How often the training had been given other settings before; left out for never. The activity has those settings themselves in its spec. */
  readonly settings?: number;
  /** Updates in total, and learning rates by player, in place of the configuration's; left out where nobody has told it any. */
  readonly updates?: number;
  readonly learningRates?: Readonly<Record<string, number>>;
}

/** Other settings for a training that gave up: it goes on with them from its last good checkpoint. */
export interface Amendment {
  readonly training: TrainingName;
  /** As they were given, path=value. */
  readonly changes: readonly string[];
  /** The settings it had had until then. */
  readonly before: TrainingConfig;
  readonly update: number;
  /** Of the segments up to there, which are found again, or computed anew as they were. */
  readonly adjustments: readonly Adjustment[];
  /** Up to then, what it was told among them: that has taken effect, and is not told again. */
  readonly decisions: readonly Decision[];
}

/** What a training can be told while it goes on. All but `samples`, which changes nothing, take effect at the border between two segments. */
export type Message =
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** `updates`: in total. */
  | { readonly kind: 'extend'; readonly updates: number }
  /** In place of the configured one: warm-up, decay and the factor of rollbacks are still applied to it. */
  | { readonly kind: 'learning-rate'; readonly player: string; readonly value: number }
  | { readonly kind: 'samples' };

/** A message that a run has accepted for a training that has not begun. */
export interface HeldMessage extends Pick<ToldMessage, 'number' | 'at' | 'message'> {
  readonly training: TrainingName;
}

/** A message that a run has accepted for a training. */
export interface ToldMessage {
  /** Messages of a run are counted from 1. */
  readonly number: number;
  readonly at: string;
  readonly message: Message;
  /** Where a message of the record takes effect again; left out for one that has just come in, which is due at the next border. */
  readonly due?: Border;
}

/** A place in the course of a training, between two segments. */
export interface Border {
  readonly update: number;
  readonly rollbacks: number;
}

export interface SegmentRequest {
  readonly spec: TrainingSpec;
  /** null: initialise, with the data-dependent pass; the first segment. */
  readonly checkpoint: ArtifactRef | null;
  readonly fromUpdate: number;
  readonly toUpdate: number;
  readonly adjustment: Adjustment;
}

/** What the activity is asked for. `whole`: its checkpoint is needed, and computed anew where it was released. */
export type SegmentTask = Salted<SegmentRequest> & { readonly whole?: boolean };

/** Checkpoints that a training needs no more. */
export interface ReleaseRequest {
  readonly runId: string;
  readonly config: TrainingConfig;
  readonly salt: string | null;
  /** As in the run's request, where it is for this training. */
  readonly until?: number;
  readonly checkpoints: readonly ArtifactRef[];
}
export interface ReleaseResult {
  /** SHA-256 of those that were released; of the others another run has need. */
  readonly released: readonly string[];
}

export interface SegmentResult extends Provenance {
  readonly checkpoint: ArtifactRef;
  /** JSON lines of this segment, one for each kept update. */
  readonly metrics: ArtifactRef;
  /** The last line, for display and decisions. */
  readonly last: Readonly<Record<string, number>>;
  readonly weights: { readonly raw: string; readonly averaged: string };
  /** What its updates took when they were computed, in seconds; loading, recording and waiting for cores not counted. */
  readonly updateSeconds: number;
  readonly figures?: SegmentFigures;
  /** A statistic was out of its range at its end: its checkpoint may be lost, and nothing goes back to it. */
  readonly suspect?: true;
  /** It was found, and its checkpoint had been released. */
  readonly released?: true;
  /** What was not healthy in the training up to its end; left out where nothing was. */
  readonly warnings?: readonly Warning[];
}

/** What early stopping goes by; of trainings with a section `stopping` alone. `File`: a reference, or a path while it is none yet. */
export interface SegmentFigures<File = ArtifactRef> {
  /** V, mean over the segment's updates, nats. */
  readonly meanValue: number;
  /** Of the averaged flow's samples from the images held out, after the segment (models/metrics/sliced-wasserstein.ts). */
  readonly heldOutDistance: number;
  /** Of the first segment: the training as it started, which may be its result. */
  readonly start?: StartingPoint<File>;
}
export interface StartingPoint<File = ArtifactRef> {
  readonly checkpoint: File;
  readonly weights: SegmentResult['weights'];
  readonly last: SegmentResult['last'];
  readonly heldOutDistance: number;
}

/** Details of the `Divergence` failure. */
export interface DivergenceDetails {
  readonly training: TrainingName;
  readonly rule: DivergenceRule;
  readonly update: number;
  /** Weights after so many updates, or more, are suspect; left out by earlier versions. */
  readonly since?: number;
  /** Whose or which, where the rule does not say it: a player, a metric, a variable. */
  readonly of?: string;
  /** A string where JSON has no number for it: NaN, Infinity. */
  readonly value: number | string;
  readonly limit: number;
  /** null: it diverged in its first segment. */
  readonly lastGood: ArtifactRef | null;
  readonly lastGoodUpdate: number;
  /** JSON lines of the updates that led to it (activities/record/diverged-lines.ts); left out by earlier versions. */
  readonly lines?: ArtifactRef;
}

/** Details of the `Storage` failure where an artifact is missing or damaged. */
export interface LostArtifact {
  /** null: it cannot be said which. */
  readonly sha256: string | null;
  readonly how: 'missing' | 'damaged';
}

/** A few updates of a training, made at its start with nothing learned: what they take. Nothing of them is kept. */
export interface MeasureRequest {
  readonly spec: TrainingSpec;
  /** Updates that are measured at most. */
  readonly most: number;
  /** What the time is to be held against: measured once for each such training, for another one may have run at another speed. */
  readonly beside: { readonly checkpoint: ArtifactRef; readonly updates: number };
}
export interface MeasuredUpdates extends Provenance {
  /** Updates that were measured, and what they took, seconds. */
  readonly updates: number;
  readonly updateSeconds: number;
  /** What the first of all took beyond that, in which the graph is prepared. */
  readonly firstSeconds: number;
}

export interface TrainingResult {
  readonly training: TrainingName;
  readonly checkpoint: ArtifactRef;
  readonly metrics: readonly ArtifactRef[];
  readonly weights: { readonly raw: string; readonly averaged: string };
  readonly last: Readonly<Record<string, number>>;
  readonly decisions: readonly Decision[];
  readonly seconds: number;
  /** Of that, the updates alone. */
  readonly updateSeconds: number;
  /** The accepted segments, in order; `metrics` has one file for each. */
  readonly segments: readonly SegmentSummary[];
}

/** What is kept of an accepted segment beside its metrics. */
export interface SegmentSummary extends Provenance {
  readonly fromUpdate: number;
  readonly toUpdate: number;
  readonly adjustment: Adjustment;
  readonly checkpoint: ArtifactRef;
  readonly updateSeconds: number;
  /** Of a training that may stop early: what decides, and what its result is should it be taken from here. */
  readonly standing?: SegmentFigures & Pick<SegmentResult, 'weights' | 'last'>;
  readonly suspect?: true;
  /** Its checkpoint is not there any more. */
  readonly released?: true;
  /** Another run needed its checkpoint when it was to be released. */
  readonly shared?: true;
  /** The training diverged from its checkpoint on: a run that is resumed goes on from it once more, to find that out. */
  readonly divergedFrom?: true;
}

/** Details of the `GaveUp` failure: what was reached, and every decision on the way. */
export interface GaveUpDetails {
  readonly training: TrainingName;
  readonly decisions: readonly Decision[];
  /** The last good one; null: it diverged from its start on. */
  readonly checkpoint: ArtifactRef | null;
  readonly update: number;
  /** Where it heard messages last; left out by earlier versions. */
  readonly border?: Border;
  /** Of the segments up to the good checkpoint; left out by earlier versions. */
  readonly adjustments?: readonly Adjustment[];
}

/** Something the pipeline decided by itself, or was told, kept in the run record. */
export interface Decision {
  readonly at: string;
  readonly what: 'rollback' | 'gave-up' | 'reused' | 'resumed' | 'stopped-early' | 'repaired' | 'waited' | 'told' | 'warning' | 'left-out' | 'noted' | 'chosen';
  readonly training?: TrainingName;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

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
  /** Classifier: input `images` [batch, C, H, W] of 0..255; outputs `features` [batch, features], `logits`. */
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

export interface PrepareRequest {
  readonly dataset: DatasetConfig;
  readonly dataDir: string | null;
  readonly seed: number;
}

/** What models are exported of: a training, or the flow that was given in a pretraining's place. */
export type ExportedName = TrainingName | 'initial-flow';
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

/** One evaluation, stateless: references in, metrics and references out. Names as in ports.ts (flowMle, ebmFce ...). */
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
  readonly features: (FeatureNetwork & { readonly against: { readonly train: ArtifactRef; readonly test: ArtifactRef } }) | null;
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

export type StageName = 'prepare' | 'baselines' | 'features' | 'pretrain' | 'contrast' | 'control' | 'export' | 'evaluate' | 'report';
export type RunStatusName = 'running' | 'completed' | 'failed' | 'cancelled';
export interface StageTiming {
  readonly startedAt: string;
  /** null while it runs. */
  readonly seconds: number | null;
}

/** Everything a run knows of itself so far, by reference: what `recordRun` and `writeReport` are given. */
export interface RunSnapshot {
  readonly request: RunRequest;
  readonly status: RunStatusName;
  readonly stages: Readonly<Partial<Record<StageName, StageTiming>>>;
  readonly decisions: readonly Decision[];
  /** Messages that wait for their training to begin; left out where there are none. */
  readonly held?: readonly HeldMessage[];
  /** What trainings had reached that gave up; left out where none did. */
  readonly gaveUp?: readonly GaveUpDetails[];
  readonly dataset: PreparedDataset | null;
  /** Left out where none was given. */
  readonly initialFlow?: InitialFlow & Provenance;
  readonly trainings: Readonly<Partial<Record<TrainingName, TrainingResult>>>;
  /** What the control's number of updates was chosen by; left out where it was not. */
  readonly measured?: MeasuredUpdates;
  readonly models: Readonly<Partial<Record<ExportedName, ExportedModels>>>;
  readonly evaluation: EvaluationResult | null;
  readonly finishedAt: string | null;
  readonly failure: { readonly type: string; readonly message: string } | null;
}

/** The verbs, as the workflows see them. */
export interface Activities extends SweepActivities {
  prepareDataset(request: Salted<PrepareRequest>): Promise<PreparedDataset>;
  prepareFeatures(request: Salted<FeaturesRequest>): Promise<FeatureNetwork & Provenance>;
  prepareInitialFlow(request: Salted<InitialFlowRequest>): Promise<InitialFlow & Provenance>;
  featureStatistics(request: Salted<StatisticsRequest>): Promise<{ readonly statistics: ArtifactRef } & Provenance>;
  trainSegment(request: SegmentTask): Promise<SegmentResult>;
  measureUpdates(request: Salted<MeasureRequest>): Promise<MeasuredUpdates>;
  /** Removes checkpoints that no other run needs either. */
  releaseCheckpoints(request: ReleaseRequest): Promise<ReleaseResult>;
  /** Ends the compute processes that are kept warm for a training. */
  releaseCompute(spec: TrainingSpec): Promise<void>;
  exportModels(request: Salted<ExportRequest>): Promise<ExportedModels>;
  /** A PNG. */
  drawSamples(request: Salted<SamplesRequest>): Promise<{ readonly picture: ArtifactRef } & Provenance>;
  evaluateDensity(request: Salted<DensityRequest>): Promise<EvaluationResult>;
  evaluateImages(request: Salted<ImagesRequest>): Promise<EvaluationResult>;
  writeReport(run: RunSnapshot): Promise<void>;
  recordRun(run: RunSnapshot): Promise<void>;
  recordRequest(stored: StoredRequest): Promise<void>;
  /** Keeps what a firing of a schedule asks for, unless a run of that id is there. Fails as BadInput where that is another's. */
  openFiring(stored: StoredRequest): Promise<OpenedFiring>;
}

/** What a firing of a schedule found under the id of its run. */
export interface OpenedFiring {
  /** What the run is to be started with: that which is kept where it was begun before. Null: it was completed. */
  readonly request: RunRequest | null;
  /** Of a completed run. */
  readonly results: EvaluationResult['results'];
  /** How the run ended the last time, where it did not complete; null: it has not ended. */
  readonly ended: 'failed' | 'cancelled' | null;
  /** Its record says that it goes on. Left out where that is not so, and by earlier versions. */
  readonly underWay?: true;
}

/** Names of failures, as `ApplicationFailure.type`. */
export const failures = {
  divergence: 'Divergence',
  badInput: 'BadInput',
  missingData: 'MissingData',
  computeCrashed: 'ComputeCrashed',
  missingPart: 'MissingPart',
  outOfMemory: 'OutOfMemory',
  storage: 'Storage',
  storageFull: 'StorageFull',
  storageRefused: 'StorageRefused',
  gaveUp: 'GaveUp',
} as const;
