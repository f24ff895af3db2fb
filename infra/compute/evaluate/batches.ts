/** Work cut into batches: after each the job may be aborted and its progress is told. */
import type { Progress } from '../../../activities/ports/progress.ts';

export interface EvaluationContext {
  /** Folder for the files written; it exists. */
  readonly scratch: string;
  /** 0: as many as there are cores. */
  readonly threads: number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Meter {
  /** Runs `work` over [0, count) in batches of `size`, in order. */
  each(count: number, size: number, work: (from: number, to: number) => Promise<void>): Promise<void>;
}

/** Progress of one phase with `total` items in all, with the rate since its begin. */
export function meter(
  phase: Progress['phase'],
  total: number,
  { onProgress, signal }: EvaluationContext,
): Meter {
  const begin = performance.now();
  let done = 0;
  onProgress({ phase, done, total });
  return {
    async each(count, size, work) {
      for (let from = 0; from < count; from += size) {
        const to = Math.min(from + size, count);
        await work(from, to);
        signal?.throwIfAborted();
        done += to - from;
        onProgress({ phase, done, total, perSecond: (1000 * done) / (performance.now() - begin) });
      }
    },
  };
}
