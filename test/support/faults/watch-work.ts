/** What a worker does, seen from outside: the files and folders that appear in its store. */
import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../../../infra/store/layout.ts';

/** `job`: the scratch folder of a job. `writing`: a compute process has begun to write a checkpoint, or the
 *  worker to store a file. `remembered`: an output. */
export type Appearance = { readonly kind: 'job' | 'writing' | 'remembered'; readonly name: string };

/** An undisturbed run makes 83 files and folders appear in its store; a third of a second passes between two
 *  at most, but for cold starts. */
const appearances = 80;
const untilNextMs = 350;

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

  /** A moment of a small run, anywhere between its beginning and its end. */
  async anywhere(random: () => number): Promise<void> {
    const place = 1 + Math.floor(random() * appearances);
    await this.next(() => this.seen.length >= place);
    await sleep(random() * untilNextMs);
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(folder: string, kind: Appearance['kind'], counts: (name: string) => boolean): void {
    mkdirSync(folder, { recursive: true });
    this.#watchers.push(
      watch(folder, (_event, name) => {
        // a second sight of a name is its end
        if (name === null || !counts(name) || this.#known.has(join(folder, name))) return;
        this.#known.add(join(folder, name));
        if (kind === 'job') this.#watchCheckpoint(join(folder, name));
        this.#tell({ kind, name });
      }),
    );
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
    } catch {
      /* a short job is over */
    }
  }

  #tell(seen: Appearance): void {
    this.seen.push(seen);
    for (const look of [...this.#waiting]) look(seen);
  }
}
