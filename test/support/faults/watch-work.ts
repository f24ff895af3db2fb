/** What a worker does, seen from outside: the files and folders that appear in its store. */
import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../../../infra/layout.ts';

/** `job`: the scratch folder of a job. `writing`: a compute process has begun to write a checkpoint, or the worker to store a file. `remembered`: an output. */
export type Appearance = { readonly kind: 'job' | 'writing' | 'remembered'; readonly name: string };

export class WorkWatcher {
  readonly #watchers: FSWatcher[] = [];
  readonly #known = new Set<string>();
  readonly #waiting = new Set<(seen: Appearance) => void>();
  readonly seen: Appearance[] = [];

  constructor({ scratch, objects, actions }: Layout) {
    this.#watch(scratch, 'job', () => true);
    this.#watch(join(objects, '.incoming'), 'writing', () => true);
    this.#watch(actions, 'remembered', (name) => name.endsWith('.json'));
  }

  /** Segments whose computing was begun. */
  get segmentsBegun(): number {
    return this.seen.filter(({ kind, name }) => kind === 'job' && name.startsWith('train-segment-')).length;
  }

  /** The next appearance from now on that `is` one. */
  next(is: (seen: Appearance) => boolean = () => true): Promise<Appearance> {
    return new Promise((resolve) => {
      const look = (seen: Appearance): void => {
        if (!is(seen)) return;
        this.#waiting.delete(look);
        resolve(seen);
      };
      this.#waiting.add(look);
    });
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(folder: string, kind: Appearance['kind'], counts: (name: string) => boolean): void {
    mkdirSync(folder, { recursive: true });
    this.#watchers.push(watch(folder, (_event, name) => {
      // a second sight of a name is its end
      if (name === null || !counts(name) || this.#known.has(join(folder, name))) return;
      this.#known.add(join(folder, name));
      if (kind === 'job') this.#watchCheckpoint(join(folder, name));
      this.#tell({ kind, name });
    }));
  }

  #watchCheckpoint(job: string): void {
    try {
      const watcher = watch(job, (_event, name) => {
        if (name !== 'checkpoint.safetensors') return;
        watcher.close();
        this.#tell({ kind: 'writing', name });
      });
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch { /* a short job is over */ }
  }

  #tell(seen: Appearance): void {
    this.seen.push(seen);
    for (const look of [...this.#waiting]) look(seen);
  }
}
