/** Waiting for room on a disk: work of days is not given up because a disk is full for an hour. It says what
 *  it waits for, and not for ever. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { freeBytes } from './free-bytes.ts';
import type { StorageFullError } from '../ports/errors.ts';
import type { Heartbeat } from '../ports/progress.ts';

export interface Patience extends Heartbeat {
  readonly roomWithinMs: number;
}

/** Of the work that is under way, wherever in it a file is written; none on a command line, which rather says
 *  at once that there is no room. */
export const patience = new AsyncLocalStorage<Patience>();

const lookEveryMs = 1000;
/** Free space tells nothing of quotas and limits: then the write itself is tried, less and less often. */
const longestPauseMs = 30_000;

export interface Waiting {
  /** Resolves when it is worth trying again. Throws the error when patience is over, and the signal's
   *  reason. */
  next(error: StorageFullError): Promise<void>;
  end(): void;
}

export function waitForRoom(
  { signal, onProgress, roomWithinMs }: Patience,
  { path, bytes, code }: StorageFullError,
): Waiting {
  const startedAt = performance.now();
  let pauseMs = lookEveryMs;
  const tell = (free: number | null, over: boolean): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    onProgress({
      phase: 'room',
      done: Math.round(seconds),
      total: Math.round(roomWithinMs / 1000),
      room: { path, bytes, free, over, code },
    });
  };
  return {
    async next(error) {
      const lookedAt = performance.now();
      for (let free = error.free; ; free = await freeBytes(path)) {
        tell(free, false);
        if (performance.now() - startedAt > roomWithinMs) throw error.after(Math.round(roomWithinMs / 1000));
        const mayFit = error.code !== 'ENOSPC' || free === null || free >= bytes;
        if (mayFit && performance.now() - lookedAt >= pauseMs) break;
        await sleep(lookEveryMs, undefined, { signal });
      }
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    },
    end: () => tell(null, true),
  };
}
