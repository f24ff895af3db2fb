/** Runs compute jobs in processes of their own kind and thread count, never using more cores than there are. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Compute, JobName, Progress } from '../../activities/ports.ts';
import { ComputeChild } from './compute-child.ts';
import { computeEnvironment } from './compute-environment.ts';
import { Permits } from './permits.ts';
import type { JobOf, ResultOf } from './protocol.ts';

export type ComputeKind = 'tensorflow' | 'evaluation';

const kindOf: Readonly<Record<JobName, ComputeKind>> = {
  'train-segment': 'tensorflow',
  'export-models': 'tensorflow',
  'evaluate-density': 'evaluation',
  'evaluate-images': 'evaluation',
};

export interface PoolOptions {
  /** Folder of the processes' log files. */
  readonly logs: string;
  readonly cores?: number;
  readonly entries?: Readonly<Record<ComputeKind, URL>>;
  readonly idleMs?: number;
}

interface Place {
  readonly child: ComputeChild;
  readonly kind: ComputeKind;
  readonly threads: number;
  /** The training whose graph the process has loaded; null before its first one. */
  affinity: string | null;
  busy: boolean;
  /** Has not run a job yet: its native libraries are still being loaded. */
  loading: boolean;
  idleTimer: NodeJS.Timeout | null;
}

interface RunOptions {
  readonly threads: number;
  readonly scratch: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const queuedEveryMs = 1000;

export class ComputePool implements Compute {
  readonly #logs: string;
  readonly #cores: number;
  readonly #entries: Readonly<Record<ComputeKind, URL>>;
  readonly #idleMs: number;
  readonly #permits: Permits;
  readonly #places = new Set<Place>();
  readonly #closing = new AbortController();
  #started = 0;

  constructor({ logs, cores = availableParallelism(), entries, idleMs = 60_000 }: PoolOptions) {
    this.#logs = logs;
    this.#cores = cores;
    this.#entries = entries ?? {
      tensorflow: new URL('./tensorflow-process.ts', import.meta.url),
      evaluation: new URL('./evaluation-process.ts', import.meta.url),
    };
    this.#idleMs = idleMs;
    this.#permits = new Permits(cores);
  }

  async run<K extends JobName>(name: K, job: JobOf<K>, options: RunOptions): Promise<ResultOf<K>> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    const cores = options.threads === 0 ? this.#cores : Math.min(options.threads, this.#cores);
    await this.#queue(cores, { ...options, signal });
    try {
      await mkdir(options.scratch, { recursive: true });
      return await this.#runNow(name, job, { ...options, signal }) as ResultOf<K>;
    } finally {
      this.#permits.release(cores);
    }
  }

  processIds(): number[] {
    return [...this.#places].flatMap(({ child }) => child.pid ?? []);
  }

  /** Ends every process; jobs under way reject. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The worker is shutting down: its compute processes are ended.'));
    await Promise.all([...this.#places].map(({ child }) => child.end()));
  }

  /** Reports `queued` with the seconds waited, so that waiting counts as progress. */
  async #queue(cores: number, { signal, onProgress }: RunOptions): Promise<void> {
    let seconds = 0;
    const report = () => onProgress({ phase: 'queued', done: seconds, total: 0 });
    const timer = setInterval(() => { seconds += queuedEveryMs / 1000; report(); }, queuedEveryMs);
    try {
      const turn = this.#permits.acquire(cores, signal);
      if (this.#permits.waiting > 0) report();
      await turn;
    } finally {
      clearInterval(timer);
    }
  }

  async #runNow(name: JobName, job: unknown, { threads, scratch, signal, onProgress }: RunOptions): Promise<unknown> {
    signal.throwIfAborted();
    const affinity = affinityOf(name, job);
    const place = this.#take(kindOf[name], threads, affinity);
    if (place.loading) onProgress({ phase: 'loading', done: 0, total: 1 });
    place.loading = false;
    const end = () => void place.child.end();
    signal.addEventListener('abort', end, { once: true });
    try {
      return await place.child.run({ name, job, scratch, threads, onProgress });
    } catch (error) {
      if (!signal.aborted) throw error;
      await place.child.end();
      throw signal.reason;
    } finally {
      signal.removeEventListener('abort', end);
      this.#giveBack(place);
    }
  }

  /** A process with this training's graph, else one without any, else a new one while they are few, else the one idle longest. */
  #take(kind: ComputeKind, threads: number, affinity: string | null): Place {
    const idle = [...this.#places].filter((place) => !place.busy && place.child.usable && place.kind === kind && place.threads === threads);
    const few = this.#places.size < 2 * this.#cores + 2;
    const place = idle.find((one) => affinity === null || one.affinity === affinity)
      ?? idle.find((one) => one.affinity === null)
      ?? (few ? undefined : idle[0])
      ?? this.#start(kind, threads);
    place.busy = true;
    place.affinity = affinity ?? place.affinity;
    if (place.idleTimer) clearTimeout(place.idleTimer);
    return place;
  }

  #start(kind: ComputeKind, threads: number): Place {
    const log = join(this.#logs, `compute-${kind}-${process.pid}-${this.#started += 1}.log`);
    const child = new ComputeChild({ entry: this.#entries[kind], env: computeEnvironment(kind, threads), log });
    const place: Place = { child, kind, threads, affinity: null, busy: false, loading: true, idleTimer: null };
    this.#places.add(place);
    void child.gone.then(() => {
      this.#places.delete(place);
      if (place.idleTimer) clearTimeout(place.idleTimer);
    });
    return place;
  }

  #giveBack(place: Place): void {
    place.busy = false;
    if (!this.#places.delete(place) || !place.child.usable) return;
    // last in the set: idle for the shortest time
    this.#places.add(place);
    place.idleTimer = setTimeout(() => void place.child.end(), this.#idleMs);
    place.idleTimer.unref();
  }
}

/** Segments of one training share a graph; anything else can run anywhere. */
function affinityOf(name: JobName, job: unknown): string | null {
  if (name !== 'train-segment') return null;
  const { spec } = job as JobOf<'train-segment'>;
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}
