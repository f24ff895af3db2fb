/** How often in a row an activity has failed in the same way. Heartbeats carry it from attempt to attempt:
 *  what does not get better is not tried ten times. */
import { asFailure } from './failures.ts';
import type { ComputeCrashedError } from '../ports/errors.ts';
import type { Progress } from '../ports/progress.ts';

export interface FailedBefore {
  readonly how: string;
  readonly times: number;
}

/** What a heartbeat says. */
export type Beat = Progress & { readonly failed?: FailedBefore };

/** The second time is not chance: what else held memory the first time has had time to end, and the pool has
 *  counted. */
const mostForMemory = 2;
/** A library that cannot be loaded now and then has had two more tries. */
const mostToBegin = 3;
/** Before a job's first unit of work. */
const beginnings: ReadonlySet<Progress['phase']> = new Set([
  'loading',
  'recording',
  'initialising',
  'first-run',
]);
/** Sent by somebody else, whose reason may be over. */
const fromOutside: ReadonlySet<string | null> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

/** The count after this failure, and the failure that ends the activity for good where it is one too many.
 *  Null: it does not count. */
export function countFailure(
  error: unknown,
  latest: Progress | null,
  before: FailedBefore | null,
): { readonly failed: FailedBefore; readonly end: unknown } | null {
  const kind = kindOf(error, latest);
  if (kind === null) return null;
  const failed = { how: kind.how, times: before?.how === kind.how ? before.times + 1 : 1 };
  if (failed.times < kind.most) return { failed, end: null };
  const [sentence, ...rest] = (error as Error).message.split('\n');
  const told = Object.assign(Object.create(error as Error) as Error, {
    message: [`${sentence} ${kind.sentence(failed.times)}`, ...rest].join('\n'),
  });
  return { failed, end: asFailure(told, { forGood: true }) };
}

interface Kind {
  readonly how: string;
  readonly most: number;
  readonly sentence: (times: number) => string;
}

function kindOf(error: unknown, latest: Progress | null): Kind | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'OutOfMemoryError')
    return {
      how: 'memory',
      most: mostForMemory,
      sentence: (times) => `It happened ${times} times: it is not begun again.`,
    };
  if (latest === null || !beginnings.has(latest.phase)) return null;
  const detail =
    error.name === 'ComputeCrashedError'
      ? crashOf(error as ComputeCrashedError)
      : isNamed(error)
        ? null
        : error.message;
  if (detail === null) return null;
  return {
    how: `${error.name} ${latest.phase} ${detail}`,
    most: mostToBegin,
    sentence: (times) =>
      `It failed so ${times} times before its first step (${latest.phase}): it is not begun again.`,
  };
}

/** Null: somebody else ended the process. */
const crashOf = ({ exitCode, exitSignal }: ComputeCrashedError): string | null =>
  fromOutside.has(exitSignal) ? null : String(exitSignal ?? exitCode ?? 'silent');

/** Failures of the disk, of data and of configuration have rules of their own. */
const isNamed = ({ name }: Error): boolean =>
  /^(Storage|Stale|Diverged|MissingPart|MissingData|TooLittleMemory|Shape|Config|Data|Recording|BadInput|Safetensors|Zod|Cancelled|Abort)/.test(
    name,
  );
