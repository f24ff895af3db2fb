/** The contrast of a run that has ended, in a copy of its store: gone through again with the real store,
 *  keys, activity and decisions, and a compute that answers with what was computed then. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ArtifactRef, LostArtifact } from '../../../activities/contracts/artifact.ts';
import type { SegmentRequest, SegmentResult } from '../../../activities/contracts/training.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import type { Compute } from '../../../activities/ports/compute.ts';
import type { Identity } from '../../../activities/ports/ports.ts';
import { layoutOf, type Layout } from '../../../infra/store/layout.ts';
import { LocalRunDirectory } from '../../../infra/worker/run-directory.ts';
import { hashOfFile } from '../../../infra/store/hash-of-file.ts';
import { LocalStore } from '../../../infra/store/local-store.ts';
import {
  accept,
  adjustmentOf,
  atStart,
  boundaries,
  stepBack,
  type TrainingState,
} from '../../../workflows/training/segments.ts';

/** A segment as the store remembers it. */
interface Remembered {
  readonly spec: SegmentRequest;
  readonly output: Pick<SegmentResult, 'checkpoint' | 'metrics' | 'last' | 'weights' | 'updateSeconds'>;
  readonly file: string;
}

export class StoredTraining {
  readonly segments: readonly Remembered[];
  readonly #from: Layout;
  readonly #salt: string;
  readonly #identity: Identity;

  /** `salt`: of the run whose only training it is. */
  constructor(from: Layout, salt: string, identity: Identity) {
    [this.#from, this.#salt, this.#identity] = [from, salt, identity];
    this.segments = readdirSync(from.actions)
      .map((file) => ({
        ...(JSON.parse(readFileSync(join(from.actions, file), 'utf8')) as Omit<Remembered, 'file'> & {
          activity: string;
        }),
        file,
      }))
      .filter(({ activity }) => activity === 'train-segment')
      .sort((a, b) => a.spec.fromUpdate - b.spec.fromUpdate);
  }

  copy(folder: string): StoredCopy {
    const layout = layoutOf(folder);
    cpSync(join(this.#from.out, '.store'), join(layout.out, '.store'), { recursive: true });
    return new StoredCopy(layout, this, this.#salt, this.#identity);
  }

  /** Of what was made when the run was undisturbed. */
  objectPath(ref: ArtifactRef): string {
    return objectPath(this.#from, ref);
  }
}

export class StoredCopy {
  readonly layout: Layout;
  readonly original: StoredTraining;
  readonly #salt: string;
  readonly #identity: Identity;
  /** The segments that were computed, by number, in order. */
  readonly computed: number[] = [];

  constructor(layout: Layout, original: StoredTraining, salt: string, identity: Identity) {
    [this.layout, this.original, this.#salt, this.#identity] = [layout, original, salt, identity];
  }

  objectPath(ref: ArtifactRef): string {
    return objectPath(this.layout, ref);
  }
  actionPath(segment: number): string {
    return join(this.layout.actions, this.original.segments[segment]!.file);
  }
  /** As if the training had not got beyond `segment` yet. */
  forgetAfter(segment: number): void {
    for (let later = segment + 1; later < this.original.segments.length; later += 1)
      rmSync(this.actionPath(later));
  }

  /** A worker's view of the store, which goes through the training until it has as many segments as asked
   *  for. */
  worker(): (until: number, state?: TrainingState) => Promise<TrainingState> {
    const store = new LocalStore(this.layout);
    const run = ((_name: string, job: SegmentRequest & { files: { checkpoint: string | null } }) =>
      this.#compute(job)) as unknown as Compute['run'];
    const { trainSegment } = createActivities({
      store,
      identity: this.#identity,
      compute: { run, release: async () => undefined },
      runs: new LocalRunDirectory(this.layout, store),
      scratch: this.layout.scratch,
    });
    const { spec } = this.original.segments[0]!.spec;
    const cuts = boundaries(spec.config);
    return async (until, reached = atStart) => {
      let state: TrainingState = reached;
      while (state.segments.length < until) {
        const done = state.segments.length;
        const segment = {
          fromUpdate: cuts[done]!,
          toUpdate: cuts[done + 1]!,
          adjustment: adjustmentOf(state),
        };
        const request = {
          spec,
          salt: this.#salt,
          checkpoint: state.segments.at(-1)?.checkpoint ?? null,
          ...segment,
        };
        try {
          state = accept(
            state,
            segment,
            (await new MockActivityEnvironment().run(trainSegment, request)) as SegmentResult,
          );
        } catch (error) {
          const { details } = error as ApplicationFailure;
          const earlier = details && stepBack(state, spec, details[0] as LostArtifact, '');
          if (!earlier) throw error;
          state = earlier;
        }
      }
      return state;
    };
  }

  /** What it goes on from must be whole; then it gives what was made from it before. */
  async #compute({
    checkpoint,
    fromUpdate,
    files,
  }: SegmentRequest & { files: { checkpoint: string | null } }): Promise<object> {
    if (checkpoint !== null)
      assert.equal(
        await hashOfFile(files.checkpoint!),
        checkpoint.sha256,
        'a training goes on from a damaged checkpoint',
      );
    const segment = this.original.segments.findIndex(({ spec }) => spec.fromUpdate === fromUpdate);
    assert.deepEqual(this.original.segments[segment]!.spec.checkpoint, checkpoint);
    this.computed.push(segment);
    const { output } = this.original.segments[segment]!;
    return {
      ...output,
      checkpoint: this.original.objectPath(output.checkpoint),
      metrics: this.original.objectPath(output.metrics),
    };
  }
}

const objectPath = ({ objects }: Layout, { sha256 }: ArtifactRef): string =>
  join(objects, sha256.slice(0, 2), sha256);
