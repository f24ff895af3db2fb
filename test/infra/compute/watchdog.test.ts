/** The pulse of an activity over a real compute process: one that hangs is ended, one that computes is not,
 *  for long. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ComputeCrashedError } from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { withHeartbeat } from '../../../activities/step/heartbeat.ts';
import { ComputePool } from '../../../infra/compute/pool.ts';
import { segmentJob, testEntries } from '../../support/compute-jobs.ts';
import { temporaryFolder } from '../../support/folders.ts';

const folder = temporaryFolder('watchdog');
const pool = new ComputePool({ logs: join(folder, 'logs'), cores: 2, entries: testEntries });
after(() => pool.close());

/** Counts milliseconds from the job's own first word: loading takes as long as it takes. */
async function lived(
  behaviour: string,
  limits: { patienceMs: number; busyMs: number },
): Promise<{ readonly seconds: number; readonly busy: number; readonly error: unknown }> {
  let from = NaN;
  let busy = 0;
  const error: unknown = await new MockActivityEnvironment()
    .run(() =>
      withHeartbeat(
        (life) =>
          pool.run('train-segment', segmentJob(behaviour), {
            threads: 1,
            scratch: join(folder, 'scratch'),
            signal: life.signal,
            onProgress: (progress: Progress) => {
              if (progress.phase === 'step' || progress.phase === 'recording')
                from = from > 0 ? from : performance.now();
              if (progress.busy && from > 0) busy += 1;
              life.onProgress(progress);
            },
          }),
        { everyMs: 50, ...limits },
      ),
    )
    .then(
      () => assert.fail('expected an end'),
      (reason: unknown) => reason,
    );
  return { seconds: (performance.now() - from) / 1000, busy, error };
}

describe('a compute process that says nothing', { timeout: 300_000 }, () => {
  // starting a process takes a second or two without a word, but not without work
  const patienceMs = 3000;

  test('and does nothing, is ended after the patience', async () => {
    const { seconds, error } = await lived('hang', { patienceMs, busyMs: 60_000 });
    assert.ok(
      error instanceof ComputeCrashedError
        && /^Expected progress within 3 s, got none after: recording 0 of 1\.$/.test(error.message),
      String(error),
    );
    assert.ok(seconds < 10, `${seconds} s`);
  });

  test('but computes, is ended much later, and said to compute', async () => {
    // by a process that is loaded already: that takes as long as it takes
    await pool.run('train-segment', segmentJob('steps', 1, 1, { updates: 1 }), {
      threads: 1,
      scratch: join(folder, 'scratch'),
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    const { seconds, busy, error } = await lived('spin', { patienceMs, busyMs: 8000 });
    assert.ok(
      error instanceof ComputeCrashedError
        && /within 8 s from a process that computes, got none after: step 0 of 1\.$/.test(error.message),
      String(error),
    );
    assert.ok(seconds > 7 && busy >= 3, `${seconds} s, ${busy} signs of work`);
  });
});
