/** The checkpoints in a store, whoever wrote them: remembered or left behind, of one attempt or of
 *  another. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../../activities/formats/safetensors.ts';
import type { Layout } from '../../../infra/store/layout.ts';
import type { NamedArrays } from '../../../models/core/tensors.ts';

export interface StoredCheckpoint {
  readonly sha256: string;
  readonly arrays: NamedArrays;
}

export class StoredCheckpoints {
  readonly #objects: string;
  readonly #seen = new Set<string>();

  constructor({ objects }: Layout) {
    this.#objects = objects;
  }

  /** Those that were not there at the last call. */
  unseen(): StoredCheckpoint[] {
    // before the first run
    if (!existsSync(this.#objects)) return [];
    const folders = readdirSync(this.#objects).filter((name) => /^[0-9a-f]{2}$/.test(name));
    const names = folders
      .flatMap((folder) => readdirSync(join(this.#objects, folder)))
      .filter((name) => !this.#seen.has(name));
    for (const name of names) this.#seen.add(name);
    return names.flatMap((sha256) => {
      const arrays = arraysIn(join(this.#objects, sha256.slice(0, 2), sha256));
      return arrays !== null && 'flow.average' in arrays ? [{ sha256, arrays }] : [];
    });
  }
}

/** Null: not a file of tensors. */
function arraysIn(file: string): NamedArrays | null {
  try {
    return decodeSafetensors(readFileSync(file), file).arrays;
  } catch {
    return null;
  }
}

/** Every number of it, weights, averages and moments. */
export function assertFinite({ sha256, arrays }: StoredCheckpoint): void {
  for (const [name, { values }] of Object.entries(arrays))
    assert.ok(values.every(Number.isFinite), `${name} of the stored checkpoint ${sha256} is not finite`);
}
