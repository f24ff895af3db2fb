/** A compute process for tests: does what the job's `spec.training` says, without TensorFlow. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve, type JobContext } from '../../infra/compute/serve.ts';
import type { JobOf, ResultOf } from '../../infra/compute/protocol.ts';

type Segment = JobOf<'train-segment'>;

class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly value = Number.NaN;
  readonly update = 17;
}

const behaviours: Record<string, (job: Segment, context: JobContext) => Promise<void>> = {
  steps: async ({ fromUpdate, toUpdate }, { onProgress }) => {
    onProgress({ phase: 'loading', done: 0, total: 1 });
    for (let done = fromUpdate; done <= toUpdate; done += 1) {
      onProgress({ phase: 'step', done, total: toUpdate });
      await sleep(2);
    }
  },
  sleep: async (_job, { onProgress, signal }) => {
    onProgress({ phase: 'step', done: 0, total: 1 });
    await sleep(60_000, undefined, { signal });
  },
  /** Goes on once it is answered, and says in a file when that has ended. */
  'go-on': async ({ toUpdate }, { scratch, afterwards }) => {
    const at = join(scratch, `went-on-${toUpdate}`);
    afterwards!(async (signal) => {
      await writeFile(at, 'on');
      while (!signal.aborted) await sleep(5);
      await sleep(20);
      await writeFile(at, 'ended');
    });
  },
  spin: async (_job, { onProgress }) => {
    onProgress({ phase: 'step', done: 0, total: 1 });
    await sleep(50);
    for (;;) Math.sqrt(2);
  },
  diverge: async () => {
    throw new DivergedError('V is not a number at update 17.');
  },
  crash: async () => {
    console.error('Segmentation fault in a native library');
    process.kill(process.pid, 'SIGSEGV');
    await sleep(10_000);
  },
  exit: async () => process.exit(3),
  /** Holds so many megabytes for ever. */
  hold: async ({ toUpdate }, { onProgress }) => {
    held.push(Buffer.alloc(toUpdate * 1e6, 1));
    onProgress({ phase: 'step', done: 1, total: 1 });
  },
  /** Takes more and more memory. */
  hog: async (_job, { onProgress }) => {
    for (let done = 0; ; done += 1) {
      held.push(Buffer.alloc(64e6, 1));
      onProgress({ phase: 'step', done, total: 1e6 });
      await sleep(100);
    }
  },
  /** Fills V8's heap, which then ends the process. */
  heap: async () => {
    const list: string[][] = [];
    for (;;) list.push(Array.from({ length: 1000 }, (_, i) => String(i)));
  },
  /** Blocked and idle, as in a deadlock of native threads. */
  hang: async (_job, { onProgress }) => {
    onProgress({ phase: 'recording', done: 0, total: 1 });
    await sleep(50);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};
const held: Buffer[] = [];

serve(async () => ({
  'train-segment': async (job, context): Promise<ResultOf<'train-segment'>> => {
    await behaviours[job.spec.training]!(job, context);
    const checkpoint = join(context.scratch, 'checkpoint');
    await writeFile(checkpoint, `${process.env.TF_NUM_INTRAOP_THREADS} threads`);
    return {
      checkpoint,
      metrics: checkpoint,
      last: { pid: process.pid, value: Number.NaN },
      weights: { raw: '', averaged: '' },
      updateSeconds: 0,
    };
  },
}));
