/** Compute processes kept between jobs, so that the next segment of a training finds its graph loaded. */
import { join } from 'node:path';
import { ComputeChild } from './compute-child.ts';
import { computeEnvironment } from './compute-environment.ts';
import type { ComputeKind, ProcessForm } from './process-form.ts';
import { residentBytes } from './process-usage.ts';

export interface WarmProcess extends ProcessForm {
  readonly child: ComputeChild;
  /** The training whose graph the process has loaded; null before its first one. */
  affinity: string | null;
  busy: boolean;
  /** What its job is expected to hold at its peak, bytes. */
  expected: number;
  /** Has not run a job yet: its native libraries are still being loaded. */
  loading: boolean;
  idleTimer: NodeJS.Timeout | null;
}

export interface WarmOptions {
  /** Folder of the processes' log files. */
  readonly logs: string;
  readonly entries: Readonly<Record<ComputeKind, URL>>;
  /** Beyond so many, an idle process of another training is taken before a new one is started. */
  readonly few: number;
  readonly idleMs: number;
  /** Called when a process is gone: its memory is free. */
  readonly onGone: () => void;
}

const withoutGraphMs = 30_000;

/** What is larger is not kept for whoever may want a process without a graph: loading TensorFlow takes
 *  seconds. Bytes. */
const smallEnough = 1e9;

export class WarmProcesses {
  readonly #options: WarmOptions;
  /** In the order of their last use. */
  readonly #all = new Set<WarmProcess>();
  #started = 0;

  constructor(options: WarmOptions) {
    this.#options = options;
  }

  /** In the order of their last use. */
  get all(): readonly WarmProcess[] {
    return [...this.#all];
  }

  ids(): number[] {
    return [...this.#all].flatMap(({ child }) => child.pid ?? []);
  }

  /** A process with this training's graph, else one without any, else a new one while they are few, else the
   *  one idle longest. */
  take(form: ProcessForm, affinity: string | null, expected: number): WarmProcess {
    const taken = this.find(form, affinity) ?? this.#start(form);
    taken.busy = true;
    taken.expected = expected;
    taken.affinity = affinity ?? taken.affinity;
    if (taken.idleTimer) clearTimeout(taken.idleTimer);
    return taken;
  }

  /** The one that would be taken; undefined: a new one would be started. */
  find({ kind, threads, shards }: ProcessForm, affinity: string | null): WarmProcess | undefined {
    const idle = [...this.#all].filter(
      (one) =>
        !one.busy
        && one.child.usable
        && one.kind === kind
        && one.threads === threads
        && one.shards === shards,
    );
    const few = this.#all.size < this.#options.few;
    return (
      idle.find((one) => affinity === null || one.affinity === affinity)
      ?? idle.find((one) => one.affinity === null)
      ?? (few ? undefined : idle[0])
    );
  }

  /** `finished`: nobody will want its graph again. */
  giveBack(process: WarmProcess, finished: boolean): void {
    process.busy = false;
    process.loading = false;
    process.expected = 0;
    if (finished) process.affinity = null;
    if (finished && residentBytes(process.child.pid ?? 0) > smallEnough) void process.child.end();
    if (!this.#all.delete(process) || !process.child.usable) return;
    this.#all.add(process);
    // a training's graph is worth keeping; anything else is loaded again within seconds
    const { idleMs } = this.#options;
    process.idleTimer = setTimeout(
      () => void process.child.end(),
      process.affinity === null ? Math.min(idleMs, withoutGraphMs) : idleMs,
    );
    process.idleTimer.unref();
  }

  /** What processes do by themselves, other than those of that training, ends: they have no job, and others
   *  have. */
  halt(affinity: string | null): void {
    for (const one of this.#all)
      if (!one.busy && (affinity === null || one.affinity !== affinity)) one.child.halt();
  }

  /** Ends those with that training's graph that have no job. */
  async release(affinity: string): Promise<void> {
    await Promise.all(
      [...this.#all].filter((one) => !one.busy && one.affinity === affinity).map(({ child }) => child.end()),
    );
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map(({ child }) => child.end()));
  }

  #start(form: ProcessForm): WarmProcess {
    const { logs, entries } = this.#options;
    const log = join(logs, `compute-${form.kind}-${process.pid}-${(this.#started += 1)}.log`);
    const child = new ComputeChild({ entry: entries[form.kind], env: computeEnvironment(form), log });
    const started: WarmProcess = {
      ...form,
      child,
      affinity: null,
      busy: false,
      expected: 0,
      loading: true,
      idleTimer: null,
    };
    this.#all.add(started);
    void child.gone.then(() => {
      this.#all.delete(started);
      if (started.idleTimer) clearTimeout(started.idleTimer);
      this.#options.onGone();
    });
    return started;
  }
}
