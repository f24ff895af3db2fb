/** Runs compute jobs in processes of their own kind and thread count, never using more cores than there are. */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { TrainingSpec } from '../../activities/contracts.ts';
import { makeFolder } from '../../activities/make-folder.ts';
import type { Compute, JobName, Progress } from '../../activities/ports.ts';
import { withStorageErrors } from '../../activities/storage-errors.ts';
import { Permits } from './permits.ts';
import type { JobOf, ResultOf } from './protocol.ts';
import { shardsOf } from './shards.ts';
import { WarmProcesses, type ComputeKind } from './warm-processes.ts';

const kindOf: Readonly<Record<JobName, ComputeKind>> = {
  'train-segment': 'tensorflow',
  'export-models': 'tensorflow',
  'prepare-initial-flow': 'tensorflow',
  'draw-samples': 'evaluation',
  'evaluate-density': 'evaluation',
  'evaluate-images': 'evaluation',
  'prepare-features': 'evaluation',
  'feature-statistics': 'evaluation',
};

export interface PoolOptions {
  /** Folder of the processes' log files. */
  readonly logs: string;
  readonly cores?: number;
  readonly entries?: Readonly<Record<ComputeKind, URL>>;
  readonly idleMs?: number;
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
  readonly #processes: WarmProcesses;
  /** Of the jobs under way. A signal of the pool's own that each job's depended on would keep a trace of every one of them. */
  readonly #jobs = new Set<AbortController>();
  #closed: Error | null = null;
  #asked = 0;

  constructor({ logs, cores = availableParallelism(), entries = ownEntries, idleMs = 300_000 }: PoolOptions) {
    this.#cores = cores;
    this.#permits = new Permits(cores);
    this.#processes = new WarmProcesses({ logs, entries, idleMs, few: 2 * cores + 2 });
  }

  async run<K extends JobName>(name: K, asked: JobOf<K>, options: RunOptions): Promise<ResultOf<K>> {
    if (this.#closed) throw this.#closed;
    this.#asked += 1;
    const job = new AbortController();
    this.#jobs.add(job);
    try {
      return await this.#runInTurn(name, asked, { ...options, signal: AbortSignal.any([options.signal, job.signal]) });
    } finally {
      this.#jobs.delete(job);
    }
  }

  async #runInTurn<K extends JobName>(name: K, job: JobOf<K>, options: RunOptions): Promise<ResultOf<K>> {
    const cores = options.threads === 0 ? this.#cores : Math.min(options.threads, this.#cores);
    await this.#queue(cores, options);
    try {
      await withStorageErrors(options.scratch, () => makeFolder(options.scratch));
      return await this.#runNow(name, job, options) as ResultOf<K>;
    } finally {
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

  processIds(): number[] {
    return this.#processes.ids();
  }

  /** Ends every process; jobs under way reject. */
  async close(): Promise<void> {
    this.#closed = new Error('The worker is shutting down: its compute processes are ended.');
    for (const job of this.#jobs) job.abort(this.#closed);
    await this.#processes.end();
  }

  /** Reports `queued` with the seconds waited, so that waiting counts as progress. */
  async #queue(cores: number, { signal, onProgress, priority }: RunOptions): Promise<void> {
    let seconds = 0;
    const report = () => onProgress({ phase: 'queued', done: seconds, total: 0 });
    const timer = setInterval(() => { seconds += queuedEveryMs / 1000; report(); }, queuedEveryMs);
    try {
      const turn = this.#permits.acquire(cores, signal, priority);
      if (this.#permits.waiting > 0) report();
      await turn;
    } finally {
      clearInterval(timer);
    }
  }

  async #runNow(name: JobName, job: unknown, { threads, scratch, signal, onProgress }: RunOptions): Promise<unknown> {
    signal.throwIfAborted();
    const taken = this.#processes.take({ kind: kindOf[name], threads, shards: shardsIn(name, job, threads) }, affinityOf(name, job));
    if (taken.loading) onProgress({ phase: 'loading', done: 0, total: 1 });
    const end = () => void taken.child.end();
    signal.addEventListener('abort', end, { once: true });
    try {
      return await taken.child.run({ name, job, scratch, threads, onProgress });
    } catch (error) {
      if (!signal.aborted) throw error;
      await taken.child.end();
      throw signal.reason;
    } finally {
      signal.removeEventListener('abort', end);
      this.#processes.giveBack(taken);
    }
  }
}

function shardsIn(name: JobName, job: unknown, threads: number): number {
  if (name !== 'train-segment') return 1;
  const { spec } = job as JobOf<'train-segment'>;
  return shardsOf(spec.config, spec.dataset.shape, threads);
}

/** Segments of one training share a graph; anything else can run anywhere. */
function affinityOf(name: JobName, job: unknown): string | null {
  if (name !== 'train-segment') return null;
  return affinityTo((job as JobOf<'train-segment'>).spec);
}

const affinityTo = (training: TrainingSpec): string => createHash('sha256').update(JSON.stringify(training)).digest('hex');
