/** How many checkpoints lie in a store at once, at most, looked at again and again. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../activities/formats/safetensors.ts';
import type { Layout } from '../../../infra/store/layout.ts';

const lookEveryMs = 10;

export class CheckpointCount {
  most = 0;
  readonly #objects: string;
  /** By name, of what has been looked into. */
  readonly #isCheckpoint = new Map<string, boolean>();
  readonly #timer: NodeJS.Timeout;

  constructor({ objects }: Layout) {
    this.#objects = objects;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#look();
  }

  #look(): void {
    if (!existsSync(this.#objects)) return;
    const folders = readdirSync(this.#objects).filter((name) => /^[0-9a-f]{2}$/.test(name));
    const names = folders.flatMap((folder) => readdirSync(join(this.#objects, folder)));
    this.most = Math.max(this.most, names.filter((name) => this.#looksLikeOne(name)).length);
  }

  #looksLikeOne(name: string): boolean {
    const known = this.#isCheckpoint.get(name);
    if (known !== undefined) return known;
    const file = join(this.#objects, name.slice(0, 2), name);
    if (!existsSync(file)) return false;
    const is = holdsWeights(file);
    this.#isCheckpoint.set(name, is);
    return is;
  }
}

function holdsWeights(file: string): boolean {
  try {
    return 'flow.average' in decodeSafetensors(readFileSync(file), file).arrays;
  } catch {
    return false;
  }
}
