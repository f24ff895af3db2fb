/** A training goes on while the checkpoint of its last segment is stored, and has the first updates of the
 *  next one when that is asked for. Nothing depends on it: what was made ahead for another course than is
 *  asked for is thrown away, and the checkpoint is read. */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';
import type { TrainingContext } from '../../models/training/updates.ts';
import type { OpenTraining } from './open-training.ts';
import { Stretch } from './stretch.ts';

/** Without a new job for so long, no further update is made: who trains this is not waiting for a checkpoint
 *  to be stored. */
const longestMs = 60_000;

/** The checkpoint that a session's state was written to, and the course it was on. */
export interface Ended {
  readonly opened: OpenTraining;
  readonly trainingContext: TrainingContext;
  readonly sha256: string;
}

export class RunAhead {
  readonly #ended: Ended;
  readonly #stretch: Stretch;
  #failed = false;

  /** `stretch` begins with the state of the checkpoint. */
  constructor(ended: Ended, stretch: Stretch) {
    this.#ended = ended;
    this.#stretch = stretch;
  }

  /** Makes at most so many updates; resolves after the last one, or after the one in which it is stopped. */
  async run(most: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + longestMs;
    try {
      await nextTurnOfEventLoop(); // what was said before leaves first
      while (this.#stretch.made < most && !signal.aborted && performance.now() < until) {
        this.#stretch.step();
        await nextTurnOfEventLoop();
      }
    } catch {
      this.#failed = true; // the segment that comes to it says so
    }
  }

  /** The stretch of a course from that checkpoint to `toUpdate`, with what is made of it; null where the
   *  session holds the state of another one. */
  stretchFor(
    { opened, trainingContext, sha256 }: Omit<Ended, 'sha256'> & { readonly sha256: string | undefined },
    toUpdate: number,
  ): Stretch | null {
    if (this.#failed || this.#ended.sha256 !== sha256 || opened.session !== this.#ended.opened.session)
      return null;
    if (this.#stretch.made === 0) return new Stretch(opened, trainingContext, this.#stretch.counters);
    return JSON.stringify(trainingContext) === JSON.stringify(this.#ended.trainingContext)
      && this.#stretch.counters.update <= toUpdate
      ? this.#stretch
      : null;
  }
}
