/** What an activity says while it works, and whether it is still awaited. */
import type { TrainingName } from '../contracts/names.ts';

export interface Heartbeat {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** One attempt at an activity. A worker that was given up may only have been stopped: earlier attempts can
 *  come back to life beside a later one. */
export interface Attempt {
  readonly workflowId: string;
  readonly activity: string;
  /** How many attempts at the same activity failed before it; left out for none. */
  readonly failedBefore?: number;
  /** Whether the server still waits for it; no later attempt begins before that is over. */
  isAwaited(): Promise<boolean>;
}

/** One line of progress of a compute job; `done` only grows within a phase. */
export interface Progress {
  readonly phase:
    | 'queued'
    | 'hashing'
    | 'points'
    | 'images'
    | 'loading'
    | 'recording'
    | 'initialising'
    | 'first-run'
    | 'step'
    | 'checkpoint'
    | 'export'
    | 'density'
    | 'features'
    | 'samples'
    | 'comparison'
    | 'importance'
    | 'temperatures'
    | 'interpolation'
    | 'reconstruction'
    | 'neighbours'
    | 'room';
  readonly training?: TrainingName;
  readonly done: number;
  readonly total: number;
  /** Updates (or images) a second over the last moments. */
  readonly perSecond?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of the phase `room`, which counts seconds of waiting: for which file. `over`: there is room now. */
  readonly room?: {
    readonly path: string;
    readonly bytes: number;
    readonly free: number | null;
    readonly over: boolean;
    readonly code?: string;
  };
  /** Of the phase `queued`, where it waits for memory: what the job is expected to take, and what there is
   *  for it, bytes. */
  readonly memory?: { readonly bytes: number; readonly free: number };
  /** Its process says nothing, for it is in one long call, but computes, reads or writes. */
  readonly busy?: true;
}
