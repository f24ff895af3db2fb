/** A run as it is asked for, stored and recorded. Types only: workflow code imports this file. */
import type { ExperimentConfig } from '../config/experiment-config.ts';
import type { GivenFlow, Provenance } from './artifact.ts';
import type { SegmentBoundary, HeldCommand } from './command.ts';
import type { PreparedDataset } from './dataset.ts';
import type { Decision } from './decision.ts';
import type { EvaluationResult, ExportedModels, InitialFlow } from './evaluation.ts';
import type { ExportedName, RunStatusName, StageName, TrainingName } from './names.ts';
import type { Override, GaveUpDetails, MeasuredUpdates, TrainingResult } from './training.ts';

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
  /** Left out of a run of an experiment that comes with Counterflow, and by earlier versions. */
  readonly experimentFile?: ExperimentFile;
  readonly fresh: boolean;
  readonly startedAt: string;
  /** Time the set-up before this run took; 0 where everything was there. */
  readonly setupSeconds: number;
  /** The command that makes this run again. */
  readonly command: string;
  /** When `resume` started a new execution of this run. */
  readonly resumedAt?: string;
  /** Update of the contrast at whose checkpoint, or the next, the run stops for now and is evaluated; left
   *  out: all of its updates are made. */
  readonly until?: number;
  /** No baselines and no control are trained: what a sweep measures its first trials by. */
  readonly withoutBaselines?: true;
  /** The contrast, its export and its evaluation are found nowhere, and are of no use to another run: they
   *  are computed to be measured. */
  readonly contrastAnew?: true;
  /** By `resume --set`, in order; left out where there are none. */
  readonly amended?: readonly Override[];
  /** What its trainings had been told by then (`what: 'told'`), as the record has it: each takes effect again
   *  where it did. */
  readonly told?: readonly Decision[];
  /** Messages to trainings that had not begun by then, as the record has them; left out where there are
   *  none. */
  readonly held?: readonly HeldCommand[];
  /** Where its trainings had come by then, as the record has it: what they are told before they begin again
   *  takes effect there. */
  readonly reached?: Readonly<Partial<Record<TrainingName, SegmentBoundary>>>;
  /** How many updates its control had been given by measured time by then (`what: 'chosen'`); it has as many
   *  again where the contrast is the same. */
  readonly chosen?: Decision;
}

/** The file that a user's own experiment was read from. It travels with the request: a run is resumed, and a
 *  schedule fires, where the file has gone. */
export interface ExperimentFile {
  /** As it was given. */
  readonly path: string;
  /** Of its bytes, which are `text` in UTF-8. */
  readonly sha256: string;
  readonly text: string;
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
  readonly held?: readonly HeldCommand[];
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

/** What a firing of a schedule found under the id of its run. */
export interface OpenedFiring {
  /** What the run is to be started with: that which is kept where it was begun before. Null: it was
   *  completed. */
  readonly request: RunRequest | null;
  /** Of a completed run. */
  readonly results: EvaluationResult['results'];
  /** How the run ended the last time, where it did not complete; null: it has not ended. */
  readonly ended: 'failed' | 'cancelled' | null;
  /** Its record says that it goes on. Left out where that is not so, and by earlier versions. */
  readonly underWay?: true;
}
