/** What a report is made from. Structural: the run record may hold more, and any part may be missing (a
 *  failed run, no baselines). */
import type { ExperimentConfig } from '../config/experiment-config.ts';

/** One line of metrics.jsonl. Known names are drawn, others are kept as they are. V is always `value`, losses
 *  are in nats. */
export interface MetricsLine {
  readonly training: string;
  readonly update: number;
  readonly [name: string]: unknown;
}

/** Log-densities on the square [-extent, extent]^2, nats; [size * size] each, row by row: row 0 is the lowest
 *  x2, column 0 the lowest x1, values at cell centres. */
export interface DensityGrids {
  readonly extent: number;
  readonly size: number;
  readonly data: Float32Array;
  /** By result name: flowMle, flowFce, ebmFce, ebmNceStandard, ebmNceMatched. */
  readonly models: Readonly<Record<string, Float32Array>>;
}

/** Something the pipeline decided by itself; `Decision` of activities/contracts.ts fits. */
export interface ReportDecision {
  readonly at?: string;
  readonly what: string;
  readonly training?: string;
  readonly sentence: string;
  readonly details?: unknown;
}

/** What came of one training: of one that ended early `updates` are those of its result, `seconds` all that
 *  were spent; every value in `last` and `weightsSha256` is printed under its dotted name. */
export interface ReportTraining {
  readonly updates: number;
  readonly seconds: number;
  /** Of that, the updates alone. */
  readonly updateSeconds?: number;
  readonly rollbacks: number;
  readonly weightsSha256: unknown;
  readonly last: unknown;
}

/** Why figures are doubtful; `Warning` of activities/health/warning.ts fits. */
export interface ReportWarning {
  readonly what: string;
  readonly sentence: string;
}

/** One step of the pipeline, with the reason why it was computed or reused; `Provenance` with a name fits. */
export interface ReportStep {
  readonly name: string;
  readonly key: string;
  readonly reused: boolean;
  readonly reason: string;
  readonly seconds: number;
  /** Attempts that failed before it; left out for none. */
  readonly failedAttempts?: number;
}

/** An execution of the run: since when, and seconds of work; `RecordedExecution` of
 *  activities/record/executions.ts fits. */
export interface ReportExecution {
  readonly startedAt: string;
  readonly seconds: number;
}

/** A file of the run directory or the store, as the report lists it. */
export interface ReportArtifact {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** run.json, as far as the report reads it. Nested parts are `unknown`: every value in them is printed under
 *  its dotted name. */
export interface ReportRecord {
  readonly id: string;
  readonly experiment: string;
  readonly title: string;
  /** running, completed, failed or cancelled; a report written inside the run says completed. */
  readonly status: string;
  /** The contrast was to go on only so far. */
  readonly until?: number;
  readonly seed: number;
  readonly partialData: boolean;
  readonly startedAt: string;
  readonly finishedAt?: string | null;
  /** The exact command that makes this run again. */
  readonly command?: string;
  /** Why the run ended, where it failed. */
  readonly failure?: string | null;
  readonly failureType?: string | null;
  /** Full resolved configuration. */
  readonly config: ExperimentConfig;
  /** Seconds by stage: setupS, totalS and others. */
  readonly timings?: unknown;
  readonly decisions?: readonly ReportDecision[];
  readonly warnings?: readonly ReportWarning[];
  /** Nested (`{mse: {flowMle: 0.1}}`) or dotted (`{'mse.flowMle': 0.1}`). */
  readonly results?: unknown;
  /** Hashes of the final weights, raw and averaged. */
  readonly weightsSha256?: unknown;
  /** Git commit, lockfile hash, versions, hardware, threads. */
  readonly environment?: unknown;
  /** What the data is and how much of it there was. */
  readonly dataset?: unknown;
  /** The file that the flow started from, in place of a pretraining. */
  readonly initialFlow?: { readonly name: string; readonly source: string; readonly sha256: string };
  /** The file of a user's own experiment, and the copy that the run keeps. */
  readonly experimentFile?: { readonly path: string; readonly sha256: string; readonly copy: string };
  /** onnxruntime's, of the evaluation. */
  readonly executionProvider?: string | null;
  readonly trainings?: Readonly<Record<string, ReportTraining>>;
  readonly steps?: readonly ReportStep[];
  /** How long it was worked on, the first time first; left out by earlier versions. */
  readonly executions?: readonly ReportExecution[];
  readonly artifacts?: readonly ReportArtifact[];
}

export interface ReportInput {
  readonly record: ReportRecord;
  readonly metrics: readonly MetricsLine[];
  readonly densities?: DensityGrids;
  /** Points [n * 2], x1 and x2 in turn, by result name; `data` for held-out data. */
  readonly samples?: Readonly<Record<string, Float32Array>>;
  /** PNG files of the evaluation by name, without `.png`: `data`, `samples-flowFce`,
   *  `temperature-0.7-flowFce`, `interpolation-flowFce` and so on; `dataset` for the picture of the data
   *  set's card. */
  readonly images?: Readonly<Record<string, Uint8Array>>;
}
