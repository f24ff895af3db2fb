/** A training goes on while the checkpoint of its last segment is hashed and kept, and has the first updates of the next one when that is asked for.
 *  Nothing depends on it: what was made ahead for another course than is asked for is thrown away, and the checkpoint is read. */
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';
import type { Course } from '../../models/fce/updates.ts';
import type { OpenTraining } from './open-training.ts';
import { Stretch } from './stretch.ts';

/** Without a new job for so long, no further update is made: the checkpoint is kept by then, and the cores may be another's. */
const longestMs = 60_000;

export class RunAhead {
  readonly #opened: OpenTraining;
  readonly #course: string;
  readonly #stretch: Stretch;
  #sha256: string | null = null;
  #halted = false;
  #failed = false;
  #ended: Promise<void> = Promise.resolve();

  /** Of a session that holds the state `stretch` begins with. */
  constructor(opened: OpenTraining, course: Course, stretch: Stretch) {
    this.#opened = opened;
    this.#course = JSON.stringify(course);
    this.#stretch = stretch;
  }

  /** Makes at most so many updates, until it is halted. */
  begin(most: number): void {
    this.#ended = this.#run(most);
  }

  /** Says which checkpoint the stretch begins at. */
  kept(sha256: string): void {
    this.#sha256 = sha256;
  }

  /** Resolves when the update under way is made. */
  async halt(): Promise<void> {
    this.#halted = true;
    await this.#ended;
  }

  /** The stretch of a course from that checkpoint to `toUpdate`, with what is made of it; null where the session holds the state of another one. */
  stretchFor(opened: OpenTraining, course: Course, sha256: string | undefined, toUpdate: number): Stretch | null {
    if (this.#failed || sha256 === undefined || this.#sha256 !== sha256 || opened.session !== this.#opened.session) return null;
    if (this.#stretch.made === 0) return new Stretch(opened, course, this.#stretch.counters);
    return this.#course === JSON.stringify(course) && this.#stretch.counters.update <= toUpdate ? this.#stretch : null;
  }

  async #run(most: number): Promise<void> {
    const until = performance.now() + longestMs;
    try {
      while (this.#stretch.made < most && !this.#halted && performance.now() < until) {
        this.#stretch.step();
        await nextTurnOfEventLoop();
      }
    } catch {
      this.#failed = true; // the segment that comes to it says so
    }
  }
}
