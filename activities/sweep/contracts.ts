/** What a sweep is, and what its activities are asked and answer. Types only: workflow code imports this
 *  file. */
import type { Parameter, ParameterValues } from '../../models/search/parameter.ts';
import type { Sampler } from '../../models/search/sampler.ts';
import type { RunStatusName } from '../contracts/names.ts';
import type { RunRequest, StoredServer } from '../contracts/run.ts';

/** Many runs of one experiment that differ in some settings, and the result they are judged by. Resolved:
 *  nothing is left to defaults. */
export interface Sweep {
  /** Names its folder and its workflow, and begins the ids of its runs. */
  readonly id: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly sampler: Sampler;
  readonly seed: number;
  readonly trials: number;
  readonly objective: Objective;
  readonly halving: Halving | null;
  /** Trials at once. It changes no result but under asynchronous halving. */
  readonly concurrent: number;
  /** Of the machine, in whatever money; null: not given. */
  readonly pricePerHour: number | null;
  /** What every trial is asked for, but for its own settings and its id. */
  readonly base: RunRequest;
  /** The command that makes this sweep again. */
  readonly command: string;
}

export interface Objective {
  /** Dotted name of a result: `mse.ebmFce`. */
  readonly metric: string;
  readonly goal: 'minimise' | 'maximise';
}

/** Successive halving: all trials train a little, the best of them further. */
export interface Halving {
  /** `synchronous`: a rung is climbed when the one below is complete, the same each time. `asynchronous`
   *  (ASHA): as soon as a trial is among the best so far; faster, and which trials climb depends on the order
   *  in which they ended. */
  readonly kind: 'synchronous' | 'asynchronous';
  /** Where trials stop on the way: below 1 a share of the contrast's updates, from 1 on a number of them. The
   *  whole contrast is the last rung. */
  readonly rungs: readonly number[];
  /** Share of a rung's trials that go on. */
  readonly keep: number;
}

/** As `sweep.json` has it: what a sweep was asked for, on which Temporal server, and all that is known of it.
 *  What a resumed sweep starts from. */
export interface SweepRecord extends StoredServer {
  readonly sweep: Sweep;
  readonly status: RunStatusName;
  readonly finishedAt: string | null;
  /** Why the sweep itself ended, where it failed. */
  readonly failure: string | null;
  /** Left out where nothing was measured, and by earlier versions. */
  readonly projected?: Projection;
  /** Whether another sweep like this one gives the same table; where not, the order in which rungs ended is
   *  in `order`. */
  readonly repeatable: boolean;
  /** Trials that have ended a rung, by their number. */
  readonly trials: readonly RecordedTrial[];
  readonly best: BestTrial | null;
  readonly order: readonly { readonly trial: number; readonly rung: number }[];
}

/** What else went on while something was measured on a machine. */
export interface Load {
  /** That it may use, and threads of one training's process on them. */
  readonly cores: number;
  readonly threads: number;
  /** Cores that others kept busy meanwhile, mean; of these, those that a hypervisor gave to others. Null
   *  where the system does not say. */
  readonly othersBusy: number | null;
  readonly stolen: number | null;
  /** Of the last minute before. */
  readonly loadAverage: number;
  /** Others of the same folder that were under way. */
  readonly runs: readonly string[];
  /** Such on a server elsewhere, of which it is not known whether they were; left out where there are none,
   *  and by earlier versions. */
  readonly unknownRuns?: readonly string[];
  /** Others were in the way: what was measured would have taken less time alone. */
  readonly beside: boolean;
}

/** How long a sweep will take, from first updates that were measured before it began. */
export interface Projection {
  readonly seconds: number;
  /** null: no price is given. */
  readonly cost: number | null;
  /** Trials on each rung. */
  readonly rungs: readonly number[];
  readonly measured: Measured;
  /** Baselines that each trial trains too, whose time is not in it. */
  readonly without: readonly string[];
  /** What the measuring was beside; left out by earlier versions. */
  readonly load?: Load;
}

/** Of one short run on a worker that is warm, made beside as many others as there will be at once. */
export interface Measured {
  readonly secondsPerUpdate: number;
  /** Loading, exporting, evaluating, recording: what each run has whatever its length. */
  readonly secondsBeside: number;
  /** Of these, of trainings that each trial computes but the short run found: measured at another time. Left
   *  out where there are none. */
  readonly secondsEarlier?: number;
}

export interface BestTrial {
  readonly trial: number;
  readonly runId: string;
  readonly rung: number;
  readonly value: number;
  readonly command: string;
  /** Of a sweep over seeds, where a configuration is the best: its seeds with a result. `value` is its mean
   *  over them then, `trial` and `runId` are of the first of them, and `command` names no seed. */
  readonly seeds?: readonly number[];
  /** Sample standard deviation over the seeds, and the interval of 95 % of the mean; null for one seed. */
  readonly deviation?: number | null;
  readonly interval?: readonly [low: number, high: number] | null;
}

/** What is best as the record has it. */
export interface SweepStanding {
  readonly best: Pick<BestTrial, 'trial' | 'rung' | 'value' | 'seeds'> | null;
}

export interface RecordedTrial {
  readonly trial: number;
  /** `<sweep>-<beginning of the hash of its configuration>`: trials of the same configuration share a run. */
  readonly runId: string;
  readonly values: ParameterValues;
  /** From the lowest on. */
  readonly rungs: readonly RungResult[];
}

export interface RungResult {
  readonly rung: number;
  /** Update of the contrast it was to go on to; null: to the end. */
  readonly until: number | null;
  readonly status: Exclude<RunStatusName, 'running'>;
  /** The objective; null where it failed. */
  readonly value: number | null;
  readonly failure: { readonly type: string; readonly message: string } | null;
  /** Wall time of work on it in all executions of its run: with waiting for cores, without pauses. */
  readonly seconds: number;
  readonly finishedAt: string;
}

/** One rung of one trial. Without halving there is one rung, the whole run. */
export interface TrialRung {
  readonly trial: number;
  readonly rung: number;
}

/** What became of a job: the objective, or null where it failed. */
export type Settled = number | null;

/** Jobs that have ended, by trial and rung. */
export type SettledJobs = readonly (readonly (Settled | undefined)[])[];

/** What a firing of a schedule found under the id of its sweep. */
export interface OpenedSweepFiring {
  /** What the sweep is to be started with: that which is kept where it was begun before. Null: it was
   *  completed. */
  readonly sweep: Sweep | null;
  /** Of a completed sweep. */
  readonly best: BestTrial | null;
  readonly failed: number;
  /** How the sweep ended the last time, where it did not complete; null: it has not ended. */
  readonly ended: 'failed' | 'cancelled' | null;
}

export interface OpenedTrial {
  readonly runId: string;
  /** What its run is asked for; null: it has been completed before, with this result. */
  readonly request: RunRequest | null;
  readonly value: Settled;
  /** Its record says that it goes on. Left out where that is not so, and by earlier versions. */
  readonly underWay?: true;
  /** What is best by then of a sweep over seeds: no trial by itself tells. Left out where nothing is, and by
   *  earlier versions. */
  readonly standing?: SweepStanding;
}

export interface TrialNews extends TrialRung {
  readonly sweepId: string;
  readonly status: RungResult['status'];
  readonly value: Settled;
  readonly failure: RungResult['failure'];
  /** Since it was begun, with all pauses. */
  readonly seconds: number;
}

export interface SweepActivities {
  /** Keeps what a sweep was asked for, unless that is kept already. */
  recordSweepRequest(request: StoredServer & { readonly sweep: Sweep }): Promise<void>;
  /** Keeps what a firing of a schedule asks for, unless a sweep of that id is there. Fails as BadInput where
   *  that is another's. */
  openSweepFiring(request: StoredServer & { readonly sweep: Sweep }): Promise<OpenedSweepFiring>;
  /** What is recorded, with the failed jobs left out where they are to be done again. */
  openSweep(request: { readonly sweepId: string; readonly failedAgain: boolean }): Promise<SettledJobs>;
  openTrial(request: TrialRung & { readonly sweepId: string }): Promise<OpenedTrial>;
  /** Undefined in histories of earlier versions. */
  recordTrial(news: TrialNews): Promise<SweepStanding | undefined>;
  recordSweepEnd(end: {
    readonly sweepId: string;
    readonly status: RunStatusName;
    readonly failure: string | null;
  }): Promise<SweepStanding | undefined>;
}
