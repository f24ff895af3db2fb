/** Calls to a Temporal server that end with a signal. */
import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';

/** Resolves and rejects as `work` does; what it calls of the client ends when `signal` is aborted. The client
 *  listens to its signal anew for every call, three a minute for one that waits, and never stops: the signal
 *  it gets is dropped with `work`. */
export async function abortableCalls<T>(
  client: Client,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const calls = new AbortController();
  setMaxListeners(0, calls.signal);
  const abort = (): void => calls.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await client.withAbortSignal(calls.signal, work);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
