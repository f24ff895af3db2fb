/** The types of every activity's input and output, and the failures they name. Types only: workflow code imports this file. */
import type { z } from 'zod';
import type { DivergenceRule } from '../models/fce/divergence.ts';
import type { FceConfig, MleConfig, NceConfig, TrainingConfig } from '../models/fce/config.ts';
import type { datasetSchema, evaluationSchema, experimentConfigSchema } from './schemas.ts';

export type DatasetConfig = z.infer<typeof datasetSchema>;
export type EvaluationConfig = z.infer<typeof evaluationSchema>;
export type ExperimentConfig = z.infer<typeof experimentConfigSchema>;
export type { FceConfig, MleConfig, NceConfig, TrainingConfig };

/** A file in the artifact store. `uri` is `artifact://sha256/<hex>`. */
export interface ArtifactRef {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: number;
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
  readonly fresh: boolean;
  readonly startedAt: string;
  /** Time the set-up before this run took; 0 where everything was there. */
  readonly setupSeconds: number;
  /** The command that makes this run again. */
  readonly command: string;
}

/** Every activity's output says whether it was computed or found, and under which key: "why was this (not) rerun?". */
export interface Provenance {
  readonly key: string;
  readonly reused: boolean;
  readonly reason: string;
  readonly seconds: number;
}

export interface PreparedDataset extends Provenance {
  /** safetensors: toy `x [N,2]` float32; images `x [N, H*W*C/4]` int32, four bytes in each (see models/graph/bytes.ts). */
  readonly train: ArtifactRef;
  /** As train; toy adds `logDensity [N]`, nats, float32 of the exact float64 value. */
  readonly test: ArtifactRef;
  readonly shape: readonly number[];
  readonly trainCount: number;
  readonly testCount: number;
  readonly partial: boolean;
  readonly source: string;
}

/** Trainings of a run, by the name their metrics and files carry. */
export type TrainingName = 'flow-mle' | 'nce-standard' | 'nce-matched' | 'pretrain' | 'contrast';

/** One training, everything its result depends on but the checkpoint it goes on from. */
export interface TrainingSpec {
  readonly training: TrainingName;
  readonly config: TrainingConfig;
  readonly models: ExperimentConfig['models'];
  readonly seed: number;
  readonly threads: number;
  readonly dataset: Pick<PreparedDataset, 'train' | 'test' | 'shape'>;
  /** Checkpoint whose averaged flow weights this training starts from (contrast after pretrain); null: random weights. */
  readonly initialFlow: ArtifactRef | null;
}

/** Decisions taken on divergence; part of the segment's key. */
export interface Adjustment {
  readonly learningRateScale: number;
  readonly noiseStream: number;
}

export interface SegmentRequest {
  readonly spec: TrainingSpec;
  /** null: initialise, with the data-dependent pass; the first segment. */
  readonly checkpoint: ArtifactRef | null;
  readonly fromUpdate: number;
  readonly toUpdate: number;
  readonly adjustment: Adjustment;
}

export interface SegmentResult extends Provenance {
  readonly checkpoint: ArtifactRef;
  /** JSON lines of this segment, one for each kept update. */
  readonly metrics: ArtifactRef;
  /** The last line, for display and decisions. */
  readonly last: Readonly<Record<string, number>>;
  readonly weights: { readonly raw: string; readonly averaged: string };
}

/** Details of the `Divergence` failure. */
export interface DivergenceDetails {
  readonly training: TrainingName;
  readonly rule: DivergenceRule;
  readonly update: number;
  readonly value: number;
  readonly limit: number;
  /** null: it diverged in its first segment. */
  readonly lastGood: ArtifactRef | null;
  readonly lastGoodUpdate: number;
}

export interface TrainingResult {
  readonly training: TrainingName;
  readonly checkpoint: ArtifactRef;
  readonly metrics: readonly ArtifactRef[];
  readonly weights: { readonly raw: string; readonly averaged: string };
  readonly last: Readonly<Record<string, number>>;
  readonly decisions: readonly Decision[];
  readonly seconds: number;
}

/** Something the pipeline decided by itself, kept in the run record. */
export interface Decision {
  readonly at: string;
  readonly what: 'rollback' | 'gave-up' | 'reused' | 'resumed';
  readonly training?: TrainingName;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

/** Averaged weights of a checkpoint as ONNX files. */
export interface ExportedModels extends Provenance {
  readonly name: string;
  /** inputs `x`; output `log_prob` [batch]. */
  readonly flowLogProb?: ArtifactRef;
  /** input `z` [batch, dim]; outputs `x`, `log_prob`. */
  readonly flowSample?: ArtifactRef;
  /** input `x`; outputs `energy`, `log_prob` [batch], `features`. */
  readonly ebm?: ArtifactRef;
}

export interface EvaluationResult extends Provenance {
  /** Dotted names as `show --json` prints them: mse.flowMle, bitsPerDim.flowFce, frechet.fce ... */
  readonly results: Readonly<Record<string, number | string>>;
  /** Files for the report: JSON grids, PNG sample grids, by name. */
  readonly files: Readonly<Record<string, ArtifactRef>>;
  readonly executionProvider: string;
}

/** Names of failures, as `ApplicationFailure.type`. */
export const failures = {
  divergence: 'Divergence',
  badInput: 'BadInput',
  missingData: 'MissingData',
  computeCrashed: 'ComputeCrashed',
  storage: 'Storage',
} as const;
