/** What activities are handed (`createActivities(ports)`). Implemented in `infra`. */
import type { Compute, JobName } from './compute.ts';
import type { ArtifactStore, RunDirectory } from './store.ts';

/** What a result depends on beside its inputs. */
export interface Identity {
  /** Hash of the code a job or activity reaches. */
  codeHash(entry: JobName | 'prepare-dataset' | 'measure-updates' | 'write-report'): Promise<string>;
  /** Native versions and device class of the compute processes: TensorFlow, onnxruntime, cpu or gpu. */
  native(): Promise<Readonly<Record<string, string>>>;
  /** For the record: git commit, lockfile hash, versions, hardware. */
  environment(): Promise<Readonly<Record<string, unknown>>>;
}

export interface Ports {
  readonly store: ArtifactStore;
  readonly compute: Compute;
  readonly runs: RunDirectory;
  readonly identity: Identity;
  /** Folder for files of jobs that have not become artifacts yet. */
  readonly scratch: string;
  /** How long a full disk is waited for, where that is not said by `whileAlive`. */
  readonly roomWithinMs?: number;
  /** Since when somebody has worked in the folder without a break, ms since 1970; left out where that is not
   *  known. */
  readonly attendedSince?: number;
}
