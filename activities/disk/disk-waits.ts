/** What an activity has waited for, and what is said of it when a wait begins and ends. */
import type { Waited } from '../contracts/artifact.ts';
import type { Progress } from '../ports/progress.ts';

type Room = NonNullable<Progress['room']>;

export class Waits {
  readonly over: Waited[] = [];
  readonly #say: (sentence: string) => void;
  /** By path, since when. */
  readonly #open = new Map<string, string>();

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  see({ room, done, total }: Progress): void {
    if (room === undefined) return;
    const since = this.#open.get(room.path);
    if (since === undefined && !room.over) {
      this.#open.set(room.path, new Date().toISOString());
      this.#say(begun(room, total));
    } else if (since !== undefined && room.over) {
      this.#open.delete(room.path);
      this.over.push({ at: since, path: room.path, bytes: room.bytes, seconds: done });
      this.#say(`There is room for ${room.path} after ${done} s; the work goes on.`);
    }
  }
}

function begun({ path, bytes, free, code }: Room, patience: number): string {
  const has = free === null ? '' : `, and ${free.toLocaleString('en')} are free`;
  return (
    `No room on the disk: ${path} takes ${bytes.toLocaleString('en')} bytes${has}. The work waits for `
    + `it for up to ${hours(patience)} and then goes on by itself: `
    + `${code === 'EFBIG' ? 'larger files are forbidden there, raise the limit (ulimit -f)' : 'free some space'}.`
  );
}

const hours = (seconds: number): string =>
  seconds >= 3600 ? `${Math.round(seconds / 3600)} h` : `${seconds} s`;
