/** Where the outputs of a run's steps come from: what each was made of, by which run, in which code, and why
 *  it was computed or not. */
import type { StepEnvironment } from '../../activities/ports/store.ts';

/** An artifact that a step was given. */
export interface Input {
  /** Its place in what was asked for: `spec.dataset.train`. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Step of this run that gave it; null: it was given as a file, or by a step the record does not list. */
  readonly step: string | null;
  /** Run that computed it; null where no run that is still there did. */
  readonly run: string | null;
}

/** What a key is made of: values of what was asked for, artifacts among them, and the circumstances. */
export type LineagePart = 'configuration' | 'input' | 'code' | 'version' | 'device' | 'threads' | 'salt';

export interface KeyDifference {
  readonly part: LineagePart;
  readonly name: string;
  /** Of the earlier output and of this one; null: it had none. */
  readonly was: string | number | boolean | null;
  readonly now: string | number | boolean | null;
  /** The input is another because this step of the run was computed anew. */
  readonly because?: string;
}

/** The remembered output that is most like one, of those of the same data that were there before it. */
export interface NearestRecord {
  readonly key: string;
  readonly at: string;
  readonly run: string | null;
  readonly differences: readonly KeyDifference[];
}

export interface TracedStep {
  readonly name: string;
  /** null: the store does not know its output any more. */
  readonly activity: string | null;
  readonly key: string;
  readonly reused: boolean;
  /** As it was recorded when the step was done. */
  readonly reason: string;
  readonly seconds: number;
  /** When its output was computed, and by which run; null where that is not known any more. */
  readonly computedAt: string | null;
  readonly computedBy: string | null;
  /** Of the run that computed it. */
  readonly commit: string | null;
  readonly dirty: boolean | null;
  readonly circumstances: StepEnvironment | null;
  readonly inputs: readonly Input[];
  /** SHA-256 of what it made. */
  readonly outputs: readonly string[];
  /** Of a step that was computed; null where nothing like it had been. */
  readonly nearest: NearestRecord | null;
}

export interface Lineage {
  readonly run: string;
  readonly experiment: string;
  readonly status: string;
  readonly commit: string | null;
  readonly dirty: boolean | null;
  readonly steps: readonly TracedStep[];
}
