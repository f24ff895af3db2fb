/** Removes checkpoints that a training has left behind: what it takes on the disk does not grow with its
 *  segments. */
import type { ReleaseRequest, ReleaseResult } from './contracts/training.ts';
import type { Ports } from './ports/ports.ts';
import type { ActivityScope } from './step/heartbeat.ts';

/** Doing it twice changes nothing. Throws StorageError, StaleAttemptError. */
export async function releaseCheckpoints(
  { store, runs }: Ports,
  request: ReleaseRequest,
  { attempt, signal }: ActivityScope,
): Promise<ReleaseResult> {
  const { runId, checkpoints, ...training } = request;
  const isNeeded = await runs.neededByOthers(runId, training);
  const free = checkpoints.filter(({ sha256 }) => !isNeeded(sha256));
  await store.fenced('release-checkpoints', attempt, async (claim) => {
    for (const checkpoint of free) {
      signal.throwIfAborted();
      await store.release(checkpoint, claim);
    }
  });
  return { released: free.map(({ sha256 }) => sha256) };
}
