/** A server whose disk is full answers that it is not available, and records nothing: whoever waits for it
 *  should know why. */
import { freeBytes } from '../../activities/disk/free-bytes.ts';
import type { Layout } from '../store/layout.ts';

/** A few hundred small transactions of its database. */
const least = 1 << 20;

/** Each call looks; what has changed since the last one is said. */
export function roomForServer(
  { temporalDatabase }: Layout,
  say: (line: string) => void,
): () => Promise<void> {
  let since: number | null = null;
  return async () => {
    const free = await freeBytes(temporalDatabase);
    const isFull = free !== null && free < least;
    if (isFull && since === null) {
      since = Date.now();
      say(
        `No room on the disk: the Temporal server's ${temporalDatabase} takes `
          + `${least.toLocaleString('en')} bytes, and ${free.toLocaleString('en')} are free. `
          + 'What it cannot record does not go on; it does so by itself once there is room: free some space.',
      );
    } else if (!isFull && since !== null) {
      say(`There is room for ${temporalDatabase} after ${Math.round((Date.now() - since) / 1000)} s.`);
      since = null;
    }
  };
}
