/** Which process a job needs: two jobs of the same form can share one. */

export type ComputeKind = 'tensorflow' | 'evaluation';

/** What a process is started for. */
export interface ProcessForm {
  readonly kind: ComputeKind;
  readonly threads: number;
  /** Shares of a batch side by side with one thread each; 1 where all threads work on every op. */
  readonly shards: number;
}
