/** Who holds how much memory, and whether there is enough for one more job: memory counted out as cores
 *  are. */
import type { JobName } from '../../activities/ports/compute.ts';
import { TooLittleMemoryError } from '../../activities/ports/errors.ts';
import { expectedMemory, type TrainingPlace } from './expected-memory.ts';
import { machineMemory } from './machine-memory.ts';
import { budgetText, memoryBudget, type MemoryBudget } from './memory-budget.ts';
import { memoryRemedy, memoryVariable, sizeText } from './memory-remedies.ts';
import { forgetPeak, peakBytes, residentBytes } from './process-usage.ts';
import type { JobOf } from './protocol.ts';
import type { WarmProcess } from './warm-processes.ts';

/** What may begin now; what may once other jobs have ended; what others than we leave no memory for. */
export type Room = 'now' | 'later' | 'never ours';

/** Trainings whose peaks are remembered. */
const most = 100;
/** The system is left so much of what is free. */
const floor = 0.2e9;

export class MemoryLedger {
  readonly #budget: MemoryBudget;
  /** By training, the last used one last. */
  readonly #seen = new Map<string, number>();

  constructor(budget = memoryBudget()) {
    this.#budget = budget;
  }

  /** What the job is expected to take: by the model, or by what its training was seen to take where that is
   *  more. Throws TooLittleMemoryError, by the model alone: a training that has run is not refused for it. */
  expected<K extends JobName>(name: K, job: JobOf<K>, place: TrainingPlace, affinity: string | null): number {
    const bytes = expectedMemory(name, job, place);
    const seen = affinity === null ? 0 : (this.#seen.get(affinity) ?? 0);
    if (bytes <= this.#budget.bytes || isGuess(name))
      return Math.min(Math.max(bytes, seen), this.#budget.bytes);
    throw new TooLittleMemoryError(
      `Expected ${nameOf(name, job)} to take about ${sizeText(bytes)} of memory, but `
        + `${budgetText(this.#budget)}: it is not begun. ${memoryRemedy(name, job)} `
        + `${memoryVariable}=${Math.ceil(bytes / 1e9)} begins it all the same.`,
    );
  }

  /** Bytes that are left for a job beside these processes. One that the job would take over is no other. */
  free(processes: readonly WarmProcess[], taken: WarmProcess | undefined): number {
    const others = processes.filter((one) => one !== taken);
    const left = this.#budget.bytes - sum(others.map(held));
    if (this.#budget.given) return left;
    // what others have not taken yet, they will
    const promised = sum(others.map((one) => held(one) - residentOf(one)));
    return Math.min(left, machineMemory().available - floor - promised + (taken ? residentOf(taken) : 0));
  }

  /** Ends idle processes, those idle longest first, where that makes room. */
  roomFor(bytes: number, processes: readonly WarmProcess[], taken: WarmProcess | undefined): Room {
    let missing = bytes - this.free(processes, taken);
    if (missing <= 0) return 'now';
    const others = processes.filter((one) => one !== taken);
    const idle = others.filter(({ busy }) => !busy);
    if (missing > sum(idle.map(residentOf))) return missing > sum(others.map(held)) ? 'never ours' : 'later';
    for (const one of idle) {
      if (missing <= 0) break;
      missing -= residentOf(one);
      void one.child.end();
    }
    return 'later';
  }

  /** The most that a training's processes were seen to hold; null: none has run. */
  seen(affinity: string): number | null {
    return this.#seen.get(affinity) ?? null;
  }

  begin({ child: { pid } }: WarmProcess): void {
    if (pid !== undefined) forgetPeak(pid);
  }

  /** Notes the peak of a job that has just ended. */
  note({ child: { pid }, affinity }: WarmProcess): void {
    const peak = pid === undefined ? null : peakBytes(pid);
    if (peak === null || affinity === null) return;
    const before = this.#seen.get(affinity) ?? 0;
    this.#seen.delete(affinity);
    this.#seen.set(affinity, Math.max(before, peak));
    if (this.#seen.size > most) this.#seen.delete(this.#seen.keys().next().value!);
  }
}

/** What evaluations take was guessed from above, and not measured: they have the machine to themselves at
 *  worst. */
const isGuess = (name: JobName): boolean => name !== 'train-segment';

const residentOf = ({ child: { pid } }: WarmProcess): number => (pid === undefined ? 0 : residentBytes(pid));
const held = (one: WarmProcess): number => Math.max(one.busy ? one.expected : 0, residentOf(one));
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const nameOf = <K extends JobName>(name: K, job: JobOf<K>): string =>
  name === 'train-segment' ? (job as JobOf<'train-segment'>).spec.training : name;
