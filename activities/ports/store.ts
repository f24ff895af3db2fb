/** Where artifacts, remembered outputs and the folders of runs are kept. */
import type { ArtifactRef } from '../contracts/artifact.ts';
import type { SharedTraining } from './compute.ts';
import type { Attempt, Heartbeat } from './progress.ts';

/** Content-addressed files, and the outputs remembered by key. Writes are atomic: a file is whole or absent.
 *  Where a signal is given, what reads or writes whole files rejects with its reason once it is aborted. */
export interface ArtifactStore {
  put(content: Uint8Array | { readonly file: string }, signal?: AbortSignal): Promise<ArtifactRef>;
  /** As `put`, of a file that nobody else needs: it becomes the artifact, and is gone from where it was. */
  take(file: string, signal?: AbortSignal): Promise<ArtifactRef>;
  get(ref: ArtifactRef): Promise<Uint8Array>;
  /** A local path of the artifact, checked against its hash on first use in this process; never to be written
   *  to. */
  path(ref: ArtifactRef, signal?: AbortSignal): Promise<string>;
  has(ref: ArtifactRef, signal?: AbortSignal): Promise<boolean>;
  /** Removes an artifact, and leaves a mark in its place: outputs that name it are found all the same.
   *  Storing it again takes the mark back. */
  release(ref: ArtifactRef, claim: Fence): Promise<void>;
  /** Whether it was released, and is not there. */
  isReleased(ref: ArtifactRef): Promise<boolean>;
  /** The output remembered under a key, if every artifact in it is still there and whole, or was released. */
  recall<T>(
    key: string,
    wanted?: Wanted & { readonly signal?: AbortSignal },
  ): Promise<{ readonly output: T; readonly at: string } | null>;
  fenced<T>(key: string, attempt: Attempt, work: (claim: Fence) => Promise<T>): Promise<T>;
  /** One at a time on this machine computes what a key stands for; a holder that is stopped is not waited
   *  for. */
  locked<T>(key: string, heartbeat: Heartbeat, work: () => Promise<T>): Promise<T>;
  /** The first output under a key stays as long as it is whole. Returns the one that stands. */
  remember<T>(key: string, record: Remembered<T>, claim: Fence, wanted?: Wanted): Promise<T>;
  /** The latest output under a key stays. */
  replace(key: string, record: Remembered<unknown>, claim: Fence): Promise<void>;
}

/** `whole`: an output with an artifact that was released is none. */
export interface Wanted {
  readonly whole?: boolean;
}

export interface Remembered<T> {
  readonly activity: string;
  readonly spec: unknown;
  readonly output: T;
  /** What the key was made of beside activity and spec, so that it can be said later why another one
   *  differs. */
  readonly salt?: string | null;
  readonly circumstances?: StepEnvironment;
}

/** What a step depends on beside its spec. */
export interface StepEnvironment {
  readonly code: string;
  readonly native: Readonly<Record<string, string>>;
  readonly threads: number;
}

/** An attempt's right to publish, until a later attempt at the same work takes it. */
export interface Fence {
  /** What is published is made in this folder and moved out of it; who takes the claim over removes it. */
  readonly staging: string;
}

/** `runs/<id>/`: what people open. Files are replaced whole. */
export interface RunDirectory {
  path(runId: string): string;
  claiming<T>(runId: string, attempt: Attempt, work: (claim: Fence) => Promise<T>): Promise<T>;
  /** A text file; null where there is none. */
  read(runId: string, name: string): Promise<string | null>;
  write(runId: string, name: string, content: Uint8Array | string, claim: Fence): Promise<void>;
  /** Puts a store file into the run directory under a name (hard link where possible). */
  link(runId: string, name: string, ref: ArtifactRef, claim: Fence): Promise<void>;
  /** Whether a run other than this one needs a checkpoint of a training that both may have, by the
   *  checkpoint's SHA-256. */
  neededByOthers(runId: string, training: SharedTraining): Promise<(sha256: string) => boolean>;
}
