/** Cores handed out by priority, and among equals first come, first served, so that no job asking for many
 *  waits forever behind those asking for few. */

/** As the server has it for what names none. */
export const usualPriority = 3;

/** Beside cores: whether what waits may begin now, once others have ended (then it keeps its place), or not
 *  as long as others than we stand in its way. */
export type Admit = () => 'now' | 'later' | 'never ours';

interface Entry {
  readonly count: number;
  readonly priority: number;
  readonly admit: Admit;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Permits {
  #free: number;
  readonly #waiting: Entry[] = [];
  readonly #aside = new Set<Entry>();

  constructor(count: number) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  /** Those that only wait for their turn: who waits for others than us keeps nobody from beginning. */
  get waiting(): number {
    return this.#waiting.length - this.#aside.size;
  }

  /** A smaller priority goes first. `admit` is asked when there are cores; its `now` is taken. Rejects with
   *  the signal's reason if it is aborted while waiting. */
  async acquire(
    count: number,
    signal: AbortSignal,
    priority = usualPriority,
    admit: Admit = () => 'now',
  ): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const entry: Entry = {
        count,
        priority,
        admit,
        resolve: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
        reject: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error as Error);
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        this.#aside.delete(entry);
        reject(signal.reason as Error);
        this.serve();
      };
      signal.addEventListener('abort', leave, { once: true });
      const after = this.#waiting.findIndex((other) => other.priority > priority);
      this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, entry);
      this.serve();
    });
  }

  release(count: number): void {
    this.#free += count;
    this.serve();
  }

  /** Lets begin what may. One that only waits for its turn stops all behind it; one that others than we stand
   *  in the way of stops nobody. */
  serve(): void {
    for (const next of [...this.#waiting]) {
      if (next.count > this.#free) return;
      const room = admission(next);
      this.#aside.delete(next);
      if (room === 'later') return;
      if (room === 'never ours') {
        this.#aside.add(next);
        continue;
      }
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      if (room !== 'now') {
        next.reject(room.error);
        continue;
      }
      this.#free -= next.count;
      next.resolve();
    }
  }
}

/** One that cannot begin for an error is told so, and no other. */
function admission({ admit }: Entry): ReturnType<Admit> | { readonly error: unknown } {
  try {
    return admit();
  } catch (error) {
    return { error };
  }
}
