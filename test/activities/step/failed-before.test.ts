import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { failures } from '../../../activities/contracts/failures.ts';
import type { FailedBefore } from '../../../activities/step/failed-before.ts';
import { asFailure } from '../../../activities/step/failures.ts';
import {
  ComputeCrashedError,
  OutOfMemoryError,
  StorageError,
  TooLittleMemoryError,
} from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { withHeartbeat } from '../../../activities/step/heartbeat.ts';

/** One attempt that fails so in that phase; what its last heartbeat says is handed to the next. */
async function attempt(
  error: Error,
  phase: Progress['phase'] | null,
  before: unknown,
): Promise<{ readonly failure: unknown; readonly beat: unknown }> {
  const env = new MockActivityEnvironment({ heartbeatDetails: before });
  let beat: unknown;
  env.on('heartbeat', (details: unknown) => {
    beat = details;
  });
  const failure: unknown = await env
    .run(() =>
      withHeartbeat(async ({ onProgress }) => {
        if (phase) onProgress({ phase, done: 1, total: 2 });
        throw error;
      }),
    )
    .then(
      () => assert.fail(),
      (reason: unknown) => asFailure(reason),
    );
  return { failure, beat };
}

/** After how many attempts the activity is over; null: not within six. */
async function attemptsOf(
  errors: (number: number) => Error,
  phase: Progress['phase'] | null,
): Promise<{ readonly attempts: number; readonly failure: ApplicationFailure } | null> {
  let before: unknown;
  for (let number = 1; number <= 6; number += 1) {
    const { failure, beat } = await attempt(errors(number), phase, before);
    if ((failure as ApplicationFailure).nonRetryable)
      return { attempts: number, failure: failure as ApplicationFailure };
    before = beat;
  }
  return null;
}

const crash = (signal: string | null, code: number | null = null) =>
  new ComputeCrashedError(
    'A compute process ended without an answer.\nIts last lines:\nx',
    code,
    signal,
    'x',
  );

describe('what fails in the same way again and again is not tried ten times', () => {
  test('for want of memory: two times, in any phase', async () => {
    const end = await attemptsOf(
      () => new OutOfMemoryError('There was not enough memory. Make it smaller.'),
      'step',
    );
    assert.equal(end!.attempts, 2);
    assert.ok(end!.failure instanceof ApplicationFailure && end!.failure.type === failures.outOfMemory);
    assert.equal(
      end!.failure.message,
      'There was not enough memory. Make it smaller. It happened 2 times: it is not begun again.',
    );
  });

  for (const phase of ['loading', 'recording', 'initialising', 'first-run'] as const) {
    test(`a crash while ${phase}: three times`, async () => {
      const end = await attemptsOf(() => crash('SIGSEGV'), phase);
      assert.deepEqual([end!.attempts, end!.failure.type], [3, failures.computeCrashed]);
      const [sentence, ...rest] = end!.failure.message.split('\n');
      assert.equal(
        sentence,
        'A compute process ended without an answer. It failed so 3 times before its first step '
          + `(${phase}): it is not begun again.`,
      );
      assert.deepEqual(rest, ['Its last lines:', 'x']);
    });
  }

  test('an error without a rule of its own: three times, where its words are the same', async () => {
    assert.equal((await attemptsOf(() => new RangeError('a bug'), 'recording'))!.attempts, 3);
    assert.equal(await attemptsOf((number) => new RangeError(`another bug ${number}`), 'recording'), null);
  });

  const tried: readonly [string, (number: number) => Error, Progress['phase'] | null][] = [
    ['a crash after the first step', () => crash('SIGSEGV'), 'step'],
    ['a process that somebody kills', () => crash('SIGKILL'), 'recording'],
    ['crashes that differ', (number) => crash(number % 2 ? 'SIGSEGV' : 'SIGABRT'), 'recording'],
    ['a disk', () => new StorageError('input/output error', '/x', 'EIO'), 'loading'],
    ['what never began', () => crash('SIGSEGV'), null],
  ];
  for (const [what, errors, phase] of tried)
    test(`but not ${what}`, async () => assert.equal(await attemptsOf(errors, phase), null));

  test('the count stays in every heartbeat, also of an attempt that a lost worker cuts short', async () => {
    const first = await attempt(crash('SIGSEGV'), 'recording', undefined);
    const env = new MockActivityEnvironment({ heartbeatDetails: first.beat });
    const beats: { phase: string; failed?: FailedBefore }[] = [];
    env.on('heartbeat', (details: { phase: string }) => beats.push(details));
    await env.run(() =>
      withHeartbeat(
        async ({ onProgress }) => {
          onProgress({ phase: 'step', done: 1, total: 2 });
          await new Promise((resolve) => setTimeout(resolve, 50));
        },
        { everyMs: 10 },
      ),
    );
    assert.deepEqual([beats.at(-1)!.phase, beats.at(-1)!.failed?.times], ['step', 1]);
  });

  test('a job that never fits is refused at once', () => {
    const failure = asFailure(
      new TooLittleMemoryError('Expected pretrain to take 90 GB.'),
    ) as ApplicationFailure;
    assert.deepEqual(
      [failure.type, failure.nonRetryable, failure.message],
      [failures.outOfMemory, true, 'Expected pretrain to take 90 GB.'],
    );
  });
});
