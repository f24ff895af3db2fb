/** Files in the artifact store, and how an output came about. Types only: workflow code imports this file. */

/** A file in the artifact store. `uri` is `artifact://sha256/<hex>`. */
export interface ArtifactRef {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** A flow that was trained before, given as a file (`--initial-flow`): the run starts from it in place of a
 *  pretraining. */
export interface GivenFlow {
  /** Absolute path. */
  readonly file: string;
  /** The file's content when the run was asked for. The run starts from no other, and keeps a copy: the file
   *  may go then. */
  readonly artifact: ArtifactRef;
}

/** `salt` is part of a step's key: null shares finished steps between runs, the run's id (`--fresh`) keeps
 *  them to itself. */
export type Salted<T> = T & { readonly salt: string | null };

/** Every activity's output says whether it was computed or found, and under which key: "why was this (not)
 *  rerun?". */
export interface Provenance {
  readonly key: string;
  readonly reused: boolean;
  readonly reason: string;
  readonly seconds: number;
  /** What it had made before was gone or damaged. */
  readonly lost?: boolean;
  /** Left out where it never waited for room on a disk. */
  readonly waited?: readonly Waited[];
  /** Attempts that failed before the one that gave it, in this execution; left out for none, and by earlier
   *  versions. */
  readonly failedAttempts?: number;
}

/** A file that had to wait for room on its disk. */
export interface Waited {
  readonly at: string;
  readonly path: string;
  readonly bytes: number;
  readonly seconds: number;
}

/** Details of the `Storage` failure where an artifact is missing or damaged. */
export interface LostArtifact {
  /** null: it cannot be said which. */
  readonly sha256: string | null;
  readonly how: 'missing' | 'damaged';
}
