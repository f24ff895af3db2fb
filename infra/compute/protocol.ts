/** What a worker and its compute processes say to each other, over the channel of `child_process.fork` with
 *  structured clones: NaN arrives as NaN. */
import type { ComputeJobs, JobName } from '../../activities/ports/compute.ts';
import type { Progress } from '../../activities/ports/progress.ts';

export type JobOf<K extends JobName> = ComputeJobs[K]['job'];
export type ResultOf<K extends JobName> = ComputeJobs[K]['result'];

/** To the process. It works on one job at a time. */
export interface RunMessage {
  readonly type: 'run';
  readonly id: number;
  readonly name: JobName;
  readonly job: unknown;
  readonly scratch: string;
  readonly threads: number;
}

/** To the process: others need the machine, and what it does after its last job ends. */
export interface HaltMessage {
  readonly type: 'halt';
}

/** An error as it crosses the channel: an Error's own fields beside its name and message. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** From the process. */
export type ReplyMessage =
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorMessage };

export function describeError(thrown: unknown): ErrorMessage {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, ...fields } = {
    ...error,
    name: error.name,
    message: error.message,
    stack: error.stack ?? '',
  };
  return { name, message, stack, fields: clonable(fields) };
}

/** An Error with the name, message and fields it had in the other process. */
export function restoreError({ name, message, stack, fields }: ErrorMessage): Error {
  const error = new Error(message);
  error.stack = stack;
  return Object.assign(error, fields, { name });
}

function clonable(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return structuredClone(fields);
  } catch {
    return Object.fromEntries(
      Object.entries(fields)
        .filter(([, value]) => typeof value !== 'function')
        .map(([key, value]) => [key, String(value)]),
    );
  }
}
