/** One training and its segments: what they are asked for, and what comes of them. Types only: workflow code
 *  imports this file. */
import type { DivergenceRule } from '../../models/training/divergence.ts';
import type { ExperimentConfig, TrainingConfig } from '../config/experiment-config.ts';
import type { Warning } from '../health/warning.ts';
import type { ArtifactRef, Provenance, Salted } from './artifact.ts';
import type { SegmentBoundary } from './command.ts';
import type { PreparedDataset } from './dataset.ts';
import type { Decision } from './decision.ts';
import type { TrainingName } from './names.ts';

/** One training, everything its result depends on but the checkpoint it goes on from. */
export interface TrainingSpec {
  readonly training: TrainingName;
  readonly config: TrainingConfig;
  /** null for a training whose model is part of its own section: it is the same whatever flow and EBM are. */
  readonly models: ExperimentConfig['models'] | null;
  readonly seed: number;
  readonly threads: number;
  readonly dataset: Pick<PreparedDataset, 'train' | 'test' | 'shape'>;
  /** Checkpoint whose averaged flow weights this training starts from (contrast after pretrain, or from a
   *  given flow); null: random weights. */
  readonly initialFlow: ArtifactRef | null;
}

/** Decisions taken on divergence, and what the training was told; part of the segment's key. */
export interface Adjustment {
  readonly learningRateScale: number;
  readonly noiseStream: number;
  /** How often the training had been given other settings before; left out for never. The activity has those
   *  settings themselves in its spec. */
  readonly settings?: number;
  /** Updates in total, and learning rates by player, in place of the configuration's; left out where nobody
   *  has told it any. */
  readonly updates?: number;
  readonly learningRates?: Readonly<Record<string, number>>;
}

/** Other settings for a training that gave up: it goes on with them from its last good checkpoint. */
export interface Override {
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

export interface SegmentRequest {
  readonly spec: TrainingSpec;
  /** null: initialise, with the data-dependent pass; the first segment. */
  readonly checkpoint: ArtifactRef | null;
  readonly fromUpdate: number;
  readonly toUpdate: number;
  readonly adjustment: Adjustment;
}

/** What the activity is asked for. `whole`: its checkpoint is needed, and computed anew where it was
 *  released. */
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
  /** What its updates took when they were computed, in seconds; loading, recording and waiting for cores not
   *  counted. */
  readonly updateSeconds: number;
  readonly figures?: SegmentFigures;
  /** A statistic was out of its range at its end: its checkpoint may be lost, and nothing goes back to it. */
  readonly suspect?: true;
  /** It was found, and its checkpoint had been released. */
  readonly released?: true;
  /** What was not healthy in the training up to its end; left out where nothing was. */
  readonly warnings?: readonly Warning[];
}

/** What early stopping goes by; of trainings with a section `stopping` alone. `File`: a reference, or a path
 *  while it is none yet. */
export interface SegmentFigures<File = ArtifactRef> {
  /** V, mean over the segment's updates, nats. */
  readonly meanValue: number;
  /** Of the averaged flow's samples from the images held out, after the segment
   *  (models/metrics/sliced-wasserstein.ts). */
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
  /** JSON lines of the updates that led to it (activities/record/diverged-lines.ts); left out by earlier
   *  versions. */
  readonly lines?: ArtifactRef;
}

/** A few updates of a training, made at its start with nothing learned: what they take. Nothing of them is
 *  kept. */
export interface MeasureRequest {
  readonly spec: TrainingSpec;
  /** Updates that are measured at most. */
  readonly most: number;
  /** What the time is to be held against: measured once for each such training, for another one may have run
   *  at another speed. */
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
  /** The training diverged from its checkpoint on: a run that is resumed goes on from it once more, to find
   *  that out. */
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
  readonly border?: SegmentBoundary;
  /** Of the segments up to the good checkpoint; left out by earlier versions. */
  readonly adjustments?: readonly Adjustment[];
}
