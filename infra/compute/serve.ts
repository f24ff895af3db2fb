/** The inside of a compute process: takes jobs from the worker's channel, reports progress, and ends with the
 *  worker. */
import { Worker } from 'node:worker_threads';
import type { JobName } from '../../activities/ports/compute.ts';
import type { Progress } from '../../activities/ports/progress.ts';
import { patience } from '../../activities/disk/wait-for-space.ts';
import { roomWithinMs } from '../store/disk-wait-limit.ts';
import {
  describeError,
  type HaltMessage,
  type JobOf,
  type ReplyMessage,
  type ResultOf,
  type RunMessage,
} from './protocol.ts';

export interface JobContext {
  /** A folder for the job's output files; it exists. */
  readonly scratch: string;
  /** 0: as many as there are cores. */
  readonly threads: number;
  /** Aborted when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Cheap: at most about five a second are sent, and each first one of a phase. */
  onProgress(progress: Progress): void;
  /** What the process does once the job has been answered, until it is asked for something else. Left out:
   *  nothing can be. */
  afterwards?(work: Afterwards): void;
}

/** Ends soon after the signal is aborted, and throws nothing. */
export type Afterwards = (signal: AbortSignal) => Promise<void>;

export type JobHandlers = {
  readonly [K in JobName]?: (job: JobOf<K>, context: JobContext) => Promise<ResultOf<K>>;
};

const progressEveryMs = 200;
const graceMs = 500;
/** Exit code of a process ended by SIGTERM, as shells count: 128 + 15. */
const terminated = 143;

/** Serves jobs until the parent's channel closes. Handlers yield to the event loop now and then, or progress
 *  and the end of the parent go unseen. Where they cannot be loaded, the first job is told why, and the
 *  process ends: another may find what was missing. */
export function serve(load: () => Promise<JobHandlers>): void {
  const handlers = load();
  handlers.catch(() => undefined); // told to the job
  const stop = new AbortController();
  let busy = false;
  process.on('disconnect', () => process.exit(1));
  process.once('SIGTERM', () => {
    stop.abort(new Error('The compute process was asked to end.'));
    setTimeout(() => process.exit(terminated), busy ? graceMs : 0);
  });
  // Ctrl+C in a terminal reaches the whole process group; the worker decides what becomes of its jobs
  process.on('SIGINT', () => {});
  // a limit on file sizes (ulimit -f) is an error of the one write then, and not the end of the process
  process.on('SIGXFSZ', () => {});
  let beside = nothing;
  process.on('message', async (message: RunMessage | HaltMessage) => {
    beside.halt.abort();
    if (message.type === 'halt') return;
    busy = true;
    await beside.ended;
    beside = begun(await answer(handlers, message, stop.signal));
    busy = false;
    if (stop.signal.aborted) process.exit(terminated);
    if (
      await handlers.then(
        () => false,
        () => true,
      )
    )
      process.disconnect();
  });
  watchParent();
}

const nothing = { halt: new AbortController(), ended: Promise.resolve() };

function begun(work: Afterwards | null): typeof nothing {
  if (work === null) return nothing;
  const halt = new AbortController();
  return { halt, ended: work(halt.signal) };
}

/** Returns what is to be done afterwards. */
async function answer(
  loading: Promise<JobHandlers>,
  { id, name, job, scratch, threads }: RunMessage,
  signal: AbortSignal,
): Promise<Afterwards | null> {
  let afterwards: Afterwards | null = null;
  const progress = limitedProgress((latest) => reply({ type: 'progress', id, progress: latest }));
  try {
    const handlers = await loading;
    const handler = handlers[name] as ((job: unknown, context: JobContext) => Promise<unknown>) | undefined;
    if (!handler)
      throw new Error(`This compute process runs ${Object.keys(handlers).join(', ')}; got "${name}".`);
    const context: JobContext = {
      scratch,
      threads,
      signal,
      onProgress: progress.report,
      afterwards: (work) => {
        afterwards = work;
      },
    };
    const result = await patience.run({ ...context, roomWithinMs: roomWithinMs() }, () =>
      handler(job, context),
    );
    progress.flush();
    reply({ type: 'result', id, result });
    return afterwards;
  } catch (error) {
    progress.flush();
    reply({ type: 'error', id, error: describeError(error) });
    return null;
  }
}

function reply(message: ReplyMessage): void {
  if (process.connected) process.send?.(message);
}

/** Passes on the first progress of a phase, then one in `progressEveryMs`; `flush` passes on the last one
 *  held back. */
export function limitedProgress(send: (progress: Progress) => void, now: () => number = Date.now) {
  let phase: Progress['phase'] | null = null;
  let sentAt = 0;
  let held: Progress | null = null;
  const flush = () => {
    if (held) send(held);
    held = null;
  };
  const report = (progress: Progress) => {
    if (progress.phase !== phase) flush();
    held = progress;
    if (progress.phase === phase && now() - sentAt < progressEveryMs) return;
    phase = progress.phase;
    sentAt = now();
    flush();
  };
  return { report, flush };
}

/** A closed channel is seen by the event loop only; this thread ends the process also while native code keeps
 *  the loop busy. */
function watchParent(): void {
  const parent = process.ppid;
  const watch = `setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL'); }, 500)`;
  new Worker(watch, { eval: true, execArgv: [], env: {}, stdout: true, stderr: true }).unref();
}
