/** What a running workflow answers when asked, and what a training tells its run. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { RunStatusName, StageName, TrainingName } from '../../activities/contracts/names.ts';
import type { RunSnapshot, StageTiming } from '../../activities/contracts/run.ts';
import { wireNames } from './wire-names.ts';

export interface TrainingStatus {
  readonly update: number;
  readonly updates: number;
  /** The last metrics line. */
  readonly last: Readonly<Record<string, number>>;
  /** It was told to hold; left out where it was not. */
  readonly paused?: true;
}

export interface RunStatus {
  readonly status: RunStatusName;
  /** The stage of the main line that was entered last; baselines run beside it. */
  readonly stage: StageName | null;
  readonly stages: Readonly<Partial<Record<StageName, StageTiming>>>;
  readonly trainings: Readonly<Partial<Record<TrainingName, TrainingStatus>>>;
  readonly decisions: readonly Decision[];
  readonly results?: Readonly<Record<string, number | string>>;
  readonly failure?: RunSnapshot['failure'];
}

/** State of one training, sent whole after every segment, so that a repeated message changes nothing. */
export interface TrainingProgress extends TrainingStatus {
  readonly training: TrainingName;
  /** Its last; left out before the first. */
  readonly checkpoint?: ArtifactRef;
  readonly decisions: readonly Decision[];
}

export interface BestSoFar {
  readonly trial: number;
  /** The highest that any trial has ended. */
  readonly rung: number;
  readonly value: number;
  /** Where seeds are swept it is a configuration's mean over these, and `trial` is of the first. */
  readonly seeds?: readonly number[];
}

export interface SweepStatus {
  readonly trials: number;
  /** For each rung, how many trials have ended it. */
  readonly rungs: readonly number[];
  readonly running: readonly { readonly trial: number; readonly rung: number; readonly runId: string }[];
  readonly failed: number;
  /** Where seeds are swept as the record had it when a trial was begun or has ended in this execution. */
  readonly best: BestSoFar | null;
}

export const sweepStatusQuery = defineQuery<SweepStatus>(wireNames.sweepStatus);
/** Of a training: artifacts with the lines of its ended segments. */
export const metricsQuery = defineQuery<readonly ArtifactRef[]>(wireNames.metrics);
export const statusQuery = defineQuery<RunStatus>(wireNames.status);
export const trainingProgressSignal = defineSignal<[TrainingProgress]>(wireNames.trainingProgress);
