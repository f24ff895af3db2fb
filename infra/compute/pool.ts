/** Runs compute jobs in processes of their own kind and thread count, never using more cores or memory than
 *  there are. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { TrainingSpec } from '../../activities/contracts/training.ts';
import { makeFolder } from '../../activities/disk/make-folder.ts';
import type { Compute, JobName } from '../../activities/ports/compute.ts';
import type { Progress } from '../../activities/ports/progress.ts';
import { withStorageErrors } from '../../activities/disk/storage-errors.ts';
import { setUpOrNull } from '../setup/setup-state.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { jobs } from './jobs.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { memoryRemedy } from './memory-remedies.ts';
import { Permits } from './permits.ts';
import type { JobOf, ResultOf } from './protocol.ts';
import { shardsOf } from './shards.ts';
import type { ComputeKind, ProcessForm } from './process-form.ts';
import { WarmProcesses, type WarmProcess } from './warm-processes.ts';

export interface PoolOptions {
  /** Folder of the processes' log files. */
  readonly logs: string;
  readonly cores?: number;
  readonly entries?: Readonly<Record<ComputeKind, URL>>;
  readonly idleMs?: number;
  /** What all processes together may hold. Left out: what the machine has, or the environment allows. */
  readonly memory?: MemoryBudget;
}

interface RunOptions {
  readonly threads: number;
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly priority?: number | undefined;
}

const queuedEveryMs = 1000;

const ownEntries: Readonly<Record<ComputeKind, URL>> = {
  tensorflow: new URL('./tensorflow-process.ts', import.meta.url),
  evaluation: new URL('./evaluation-process.ts', import.meta.url),
};

export class ComputePool implements Compute {
  readonly #cores: number;
  readonly #permits: Permits;
  readonly #memory: MemoryLedger;
  readonly #processes: WarmProcesses;
  /** Of the jobs under way. A signal of the pool's own that each job's depended on would keep a trace of
   *  every one of them. */
  readonly #jobs = new Set<AbortController>();
  #closed: Error | null = null;
  #asked = 0;

  constructor({
    logs,
    cores = availableParallelism(),
    entries = ownEntries,
    idleMs = 300_000,
    memory,
  }: PoolOptions) {
    this.#cores = cores;
    this.#permits = new Permits(cores);
    this.#memory = new MemoryLedger(memory);
    this.#processes = new WarmProcesses({
      logs,
      entries,
      idleMs,
      few: 2 * cores + 2,
      onGone: () => this.#permits.serve(),
    });
  }

  async run<K extends JobName>(name: K, asked: JobOf<K>, options: RunOptions): Promise<ResultOf<K>> {
    if (this.#closed) throw this.#closed;
    this.#asked += 1;
    const job = new AbortController();
    this.#jobs.add(job);
    try {
      return await this.#runInTurn(name, asked, {
        ...options,
        signal: AbortSignal.any([options.signal, job.signal]),
      });
    } finally {
      this.#jobs.delete(job);
    }
  }

  async #runInTurn<K extends JobName>(name: K, job: JobOf<K>, options: RunOptions): Promise<ResultOf<K>> {
    const cores = options.threads === 0 ? this.#cores : Math.min(options.threads, this.#cores);
    const form = {
      kind: jobs[name].kind,
      threads: options.threads,
      shards: shardsIn(name, job, options.threads),
    };
    const affinity = affinityOf(name, job);
    this.#processes.halt(affinity);
    const place = {
      shards: form.shards,
      gpu: form.kind === 'tensorflow' && setUpOrNull()?.tensorflow.gpu === true,
    };
    const taken = await this.#queue(
      cores,
      { form, affinity, expected: this.#memory.expected(name, job, place, affinity) },
      options,
    );
    try {
      await withStorageErrors(options.scratch, () => makeFolder(options.scratch));
      return (await this.#runNow(name, job, taken, options)) as ResultOf<K>;
    } finally {
      this.#processes.giveBack(taken, isLast(name, job));
      if (this.#permits.waiting > 0) taken.child.halt();
      this.#permits.release(cores);
    }
  }

  get hasRoom(): boolean {
    return this.#permits.free > 0 && this.#permits.waiting === 0;
  }

  get asked(): number {
    return this.#asked;
  }

  async release(training: TrainingSpec): Promise<void> {
    await this.#processes.release(affinityTo(training));
  }

  /** The most that a training's processes were seen to hold, bytes; null: none has run. */
  peak(training: TrainingSpec): number | null {
    return this.#memory.seen(affinityTo(training));
  }

  processIds(): number[] {
    return this.#processes.ids();
  }

  /** Ends every process; jobs under way reject. */
  async close(): Promise<void> {
    this.#closed = new Error('The worker is shutting down: its compute processes are ended.');
    for (const job of this.#jobs) job.abort(this.#closed);
    await this.#processes.end();
  }

  /** Waits for cores and memory, and takes a process. Reports `queued` with the seconds waited, so that
   *  waiting counts as progress. */
  async #queue(
    cores: number,
    { form, affinity, expected }: Wanted,
    { signal, onProgress, priority }: RunOptions,
  ): Promise<WarmProcess> {
    let seconds = 0;
    let taken: WarmProcess | null = null;
    let isShort = false;
    const admit = () => {
      const found = this.#processes.find(form, affinity);
      const room = this.#memory.roomFor(expected, this.#processes.all, found);
      isShort = room !== 'now';
      if (room === 'now') taken = this.#processes.take(form, affinity, expected);
      return room;
    };
    const free = (): number =>
      Math.max(0, this.#memory.free(this.#processes.all, this.#processes.find(form, affinity)));
    const report = () =>
      onProgress({
        phase: 'queued',
        done: seconds,
        total: 0,
        ...(isShort && { memory: { bytes: expected, free: free() } }),
      });
    const timer = setInterval(() => {
      seconds += queuedEveryMs / 1000;
      this.#permits.serve();
      if (taken === null) report();
    }, queuedEveryMs);
    try {
      const turn = this.#permits.acquire(cores, signal, priority, admit);
      if (this.#permits.waiting > 0) report();
      await turn;
      return taken!;
    } finally {
      clearInterval(timer);
    }
  }

  async #runNow<K extends JobName>(
    name: K,
    job: JobOf<K>,
    taken: WarmProcess,
    { threads, scratch, signal, onProgress }: RunOptions,
  ): Promise<unknown> {
    signal.throwIfAborted();
    const start = standing(name, job);
    if (taken.loading) onProgress({ phase: 'loading', done: 0, total: 1 });
    else if (start) onProgress(start);
    const end = () => void taken.child.end();
    signal.addEventListener('abort', end, { once: true });
    try {
      this.#memory.begin(taken);
      return await taken.child.run({
        name,
        job,
        scratch,
        threads,
        onProgress,
        remedy: memoryRemedy(name, job),
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      await taken.child.end();
      throw signal.reason;
    } finally {
      signal.removeEventListener('abort', end);
      this.#memory.note(taken);
    }
  }
}

interface Wanted {
  readonly form: ProcessForm;
  readonly affinity: string | null;
  /** Bytes. */
  readonly expected: number;
}

function shardsIn(name: JobName, job: unknown, threads: number): number {
  if (name !== 'train-segment') return 1;
  const { spec } = job as JobOf<'train-segment'>;
  return shardsOf(spec.config, spec.dataset.shape, threads);
}

/** Where a training stands until its process says so: it may be in the middle of an update that it makes
 *  ahead. */
function standing(name: JobName, job: unknown): Progress | null {
  if (name !== 'train-segment') return null;
  const {
    spec: { training, config },
    fromUpdate,
    adjustment,
  } = job as JobOf<'train-segment'>;
  return fromUpdate === 0
    ? null
    : { phase: 'step', training, done: fromUpdate, total: adjustment.updates ?? config.updates };
}

/** A training that has made all its updates. */
function isLast(name: JobName, job: unknown): boolean {
  if (name !== 'train-segment') return false;
  const { spec, toUpdate, adjustment } = job as JobOf<'train-segment'>;
  return toUpdate >= (adjustment.updates ?? spec.config.updates);
}

/** Segments of one training share a graph; anything else can run anywhere. */
function affinityOf(name: JobName, job: unknown): string | null {
  if (name !== 'train-segment') return null;
  return affinityTo((job as JobOf<'train-segment'>).spec);
}

const affinityTo = (training: TrainingSpec): string =>
  createHash('sha256').update(JSON.stringify(training)).digest('hex');
