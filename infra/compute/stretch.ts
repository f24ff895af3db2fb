/** Updates under way: those of a segment, or those made ahead of the next one while the last one's checkpoint
 *  is stored. */
import { checkFinite, DivergedError } from '../../models/training/divergence.ts';
import {
  scalars,
  updates,
  type Counters,
  type TrainingContext,
  type Metrics,
  type Update,
} from '../../models/training/updates.ts';
import type { OpenTraining } from './open-training.ts';

/** Lines of so many updates are at hand should it diverge: what a divergence comes from is seen update by
 *  update. */
const atHand = 50;

export class Stretch {
  readonly from: Counters;
  /** Of the updates so far that are to be told. */
  readonly lines: Metrics[] = [];
  readonly #opened: OpenTraining;
  readonly #updates: Iterator<Update, void>;
  readonly #total: number;
  readonly #recent: Metrics[] = [];
  #counters: Counters;
  #last: Metrics = {};
  #valueSum = 0;
  #seconds = 0;

  constructor(opened: OpenTraining, trainingContext: TrainingContext, from: Counters) {
    this.#opened = opened;
    this.from = this.#counters = from;
    this.#total = trainingContext.updates ?? opened.training.config.updates;
    this.#updates = updates(opened.session, opened.training, trainingContext, from, this.#total, opened.data);
  }

  get counters(): Counters {
    return this.#counters;
  }

  get made(): number {
    return this.#counters.update - this.from.update;
  }

  /** What the last update said of itself. */
  get last(): Metrics {
    return this.#last;
  }

  /** What the updates took, without what lay between them. */
  get seconds(): number {
    return this.#seconds;
  }

  get meanValue(): number {
    return this.#valueSum / this.made;
  }

  /** Makes one update, and returns what it says of itself. Throws DivergedError. */
  step(): Metrics {
    const start = performance.now();
    const { counters, metrics } = this.#updates.next().value!;
    const {
      program,
      config: { probeEvery, logEvery },
    } = this.#opened.training;
    const { update } = counters;
    const probed = 'probe' in program.functions && (update % probeEvery === 0 || update === this.#total);
    this.#counters = counters;
    this.#valueSum += Number(metrics.value ?? 0);
    this.#last = probed ? { ...metrics, ...this.#probe(update) } : metrics;
    if (probed || update % logEvery === 0) this.lines.push(this.#last);
    this.#recent.push(this.#last);
    if (this.#recent.length > atHand) this.#recent.shift();
    this.#seconds += (performance.now() - start) / 1000;
    return this.#last;
  }

  /** The last update is told in any case. */
  end(): void {
    if (this.made > 0 && this.lines.at(-1) !== this.#last) this.lines.push(this.#last);
  }

  /** A divergence with what led to it: the lines that were to be told, and those of the last updates; any
   *  other error as it is. */
  explained(error: unknown): unknown {
    if (!(error instanceof DivergedError)) return error;
    const first = Number(this.#recent[0]?.update ?? Infinity);
    error.lines = [
      ...this.lines.filter(({ update }) => Number(update) < first),
      ...this.#recent,
      ...error.lines,
    ];
    return error;
  }

  #probe(update: number): Record<string, number> {
    const errors = scalars(this.#opened.session.run('probe', {}));
    checkFinite(update, errors);
    return errors;
  }
}
