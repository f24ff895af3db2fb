/** What calls under a signal leave on it: with a client that, like Temporal's, listens anew for each call and
 *  never stops. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { abortableCalls } from '../../../infra/temporal/abortable-calls.ts';

/** Each of its calls waits until the signal that it was given is aborted. */
function listeningClient(calls: number): Client {
  const withAbortSignal = async (signal: AbortSignal, work: () => Promise<unknown>): Promise<unknown> => {
    const ends = Array.from(
      { length: calls },
      () =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    return Promise.race([work(), ...ends]);
  };
  return { withAbortSignal } as unknown as Client;
}

test('calls that have ended leave no listener on their signal, and many of them no warning', async () => {
  const warned = once(process, 'warning').then(([warning]) => String(warning));
  const { signal } = new AbortController();
  assert.equal(await abortableCalls(listeningClient(30), signal, async () => 'done'), 'done');
  await assert.rejects(
    abortableCalls(listeningClient(30), signal, async () => {
      throw new Error('refused');
    }),
    /refused/,
  );
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
  assert.equal(await Promise.race([warned, sleep(50, 'nothing')]), 'nothing');
});

test('calls that go on end with the reason of their signal, and none is begun under one that was aborted', async () => {
  const control = new AbortController();
  const waiting = abortableCalls(listeningClient(1), control.signal, () => new Promise(() => {}));
  control.abort(new Error('interrupted'));
  await assert.rejects(waiting, /interrupted/);
  await assert.rejects(
    abortableCalls(listeningClient(1), control.signal, () => assert.fail('begun')),
    /interrupted/,
  );
});
