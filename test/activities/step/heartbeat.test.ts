import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { ComputeCrashedError } from '../../../activities/ports/errors.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { withHeartbeat, type ActivityScope } from '../../../activities/step/heartbeat.ts';

const stepAt = (done: number): Progress => ({ phase: 'step', done, total: 100 });
const quick = { everyMs: 10, patienceMs: 1000 };

describe('the pulse of an activity', () => {
  test('carries the last progress', async () => {
    const env = new MockActivityEnvironment();
    const beats: unknown[] = [];
    env.on('heartbeat', (details: unknown) => beats.push(details));
    await env.run(() =>
      withHeartbeat(async ({ onProgress }) => {
        onProgress(stepAt(7));
        await wait(40);
      }, quick),
    );
    assert.deepEqual(beats.at(-1), stepAt(7));
  });

  test('goes on while work advances, however long it takes', async () => {
    const env = new MockActivityEnvironment();
    const work = async ({ onProgress, signal }: ActivityScope): Promise<string> => {
      for (let done = 0; done < 10 && !signal.aborted; done++) {
        onProgress(stepAt(done));
        await wait(150);
      }
      return signal.aborted ? 'aborted' : 'done';
    };
    assert.equal(await env.run(() => withHeartbeat(work, quick)), 'done');
  });

  test('stops the work when reports come in but nothing advances', { timeout: 20_000 }, async () => {
    const env = new MockActivityEnvironment();
    const work = async ({ onProgress, signal }: ActivityScope): Promise<never> => {
      for (;;) {
        onProgress(stepAt(5));
        await wait(10, undefined, { signal }).catch(() => {
          throw signal.reason;
        });
      }
    };
    await assert.rejects(
      env.run(() => withHeartbeat(work, quick)),
      (error) => error instanceof ComputeCrashedError && /none after: step 5 of 100/.test(error.message),
    );
  });

  test('ends work as cancelled when the activity is cancelled', async () => {
    const env = new MockActivityEnvironment();
    let aborted = false;
    const running = env.run(() =>
      withHeartbeat(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new Error('killed'));
            });
          }),
        quick,
      ),
    );
    env.cancel();
    await assert.rejects(running, CancelledFailure);
    assert.ok(aborted);
  });
});
