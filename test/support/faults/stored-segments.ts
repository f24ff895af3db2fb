/** The segments of trainings that a store remembers, whoever computed them, in order of what they were
 *  asked. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SegmentRequest, SegmentResult } from '../../../activities/contracts/training.ts';
import type { Layout } from '../../../infra/store/layout.ts';

export interface StoredSegment {
  readonly request: SegmentRequest;
  readonly output: SegmentResult;
}

export class StoredSegments {
  readonly #actions: string;
  readonly #seen = new Set<string>();

  constructor({ actions }: Layout) {
    this.#actions = actions;
  }

  /** Those that were not there at the last call. */
  unseen(): StoredSegment[] {
    // before the first run
    if (!existsSync(this.#actions)) return [];
    const names = readdirSync(this.#actions).filter(
      (name) => name.endsWith('.json') && !this.#seen.has(name),
    );
    for (const name of names) this.#seen.add(name);
    return names
      .map(
        (name) =>
          JSON.parse(readFileSync(join(this.#actions, name), 'utf8')) as {
            activity: string;
            spec: SegmentRequest;
            output: SegmentResult;
          },
      )
      .flatMap(({ activity, spec, output }) =>
        activity === 'train-segment' ? [{ request: spec, output }] : [],
      );
  }
}
