/** Looks at a compute process from outside while a job is under way: whether it works though it says nothing,
 *  and whether memory is short. */
import { machineMemory, memoryKills } from './machine-memory.ts';
import { workOf, type Work } from './process-usage.ts';

const lookEveryMs = 1000;
/** Of one processor: a process that waits takes less than a hundredth; one that computes takes one or more,
 *  and a tenth where many others compute. */
const leastLoad = 0.03;
/** Bytes a second: a loaded disk still gives more. */
const leastMoved = 100_000;
/** So little of what there is: the kernel, or a guardian, kills then. */
const tight = 0.01;

export class ProcessWatch {
  readonly #pid: number;
  readonly #root: string;
  #kills: number;
  #timer: NodeJS.Timeout | null = null;
  #before: Work | null = null;
  #wasTight = false;

  /** `root`: of the file system with `proc` and `sys`, where the memory of the machine is read. */
  constructor(pid: number, root = '/') {
    this.#pid = pid;
    this.#root = root;
    this.#kills = memoryKills(root);
  }

  /** `onBusy` is called about once a second in which the process has computed, read or written. */
  start(onBusy: () => void): void {
    this.stop();
    this.#before = workOf(this.#pid);
    this.#kills = memoryKills(this.#root);
    this.#timer = setInterval(() => {
      const { total, available } = machineMemory(this.#root);
      this.#wasTight = available < tight * total;
      const now = workOf(this.#pid);
      if (now !== null && this.#before !== null && hasWorked(this.#before, now)) onBusy();
      this.#before = now;
    }, lookEveryMs);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Of a process that was killed: whether that was for want of memory. */
  killedForMemory(): boolean {
    return this.#wasTight || memoryKills(this.#root) > this.#kills;
  }
}

const hasWorked = (before: Work, now: Work): boolean =>
  now.cpuSeconds - before.cpuSeconds >= (leastLoad * lookEveryMs) / 1000
  || now.moved - before.moved >= (leastMoved * lookEveryMs) / 1000;
