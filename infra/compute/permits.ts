/** Cores handed out by priority, and among equals first come, first served, so that no job asking for many waits forever behind those asking for few. */

/** As the server has it for what names none. */
export const usualPriority = 3;

export class Permits {
  #free: number;
  readonly #waiting: { count: number; priority: number; resolve: () => void }[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  get free(): number {
    return this.#free;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** A smaller priority goes first. Rejects with the signal's reason if it is aborted while waiting. */
  async acquire(count: number, signal: AbortSignal, priority = usualPriority): Promise<void> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0 && count <= this.#free) {
      this.#free -= count;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const entry = { count, priority, resolve: () => { signal.removeEventListener('abort', leave); resolve(); } };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
        this.#serve();
      };
      signal.addEventListener('abort', leave, { once: true });
      const after = this.#waiting.findIndex((other) => other.priority > priority);
      this.#waiting.splice(after === -1 ? this.#waiting.length : after, 0, entry);
    });
  }

  release(count: number): void {
    this.#free += count;
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting[0] && this.#waiting[0].count <= this.#free) {
      const next = this.#waiting.shift()!;
      this.#free -= next.count;
      next.resolve();
    }
  }
}
