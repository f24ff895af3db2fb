/** Several command lines may attend one run: one at a time brings the worker, the next one when that one
 *  goes. */
import { withLock } from '../store/lock.ts';
import type { WorkerSupervisor } from './supervise-worker.ts';

export function workerInTurn(subject: string, begin: () => WorkerSupervisor): WorkerSupervisor {
  const [failed, over] = [new AbortController(), new AbortController()];
  const turn = withLock(
    `worker of ${subject}`,
    async () => {
      if (over.signal.aborted) return;
      const worker = begin();
      worker.failed.addEventListener('abort', () => failed.abort(worker.failed.reason), { once: true });
      await aborted(over.signal);
      await worker.stop();
    },
    { signal: over.signal },
  ).catch((error: unknown) => {
    if (!over.signal.aborted) failed.abort(error);
  });
  return {
    failed: failed.signal,
    async stop() {
      over.abort();
      await turn;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
