/** How much of a run's trainings the store has already, read from the keys of their segments: a run would
 *  find it, and spend no time on it. */
import type { ArtifactRef } from '../../../activities/contracts/artifact.ts';
import type { PreparedDataset } from '../../../activities/contracts/dataset.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { MeasuredUpdates, SegmentResult, TrainingSpec } from '../../../activities/contracts/training.ts';
import { cacheKey } from '../../../activities/step/cached-step.ts';
import { measuredConfig } from '../../../activities/config/measured-config.ts';
import type { Ports } from '../../../activities/ports/ports.ts';
import type { StepEnvironment } from '../../../activities/ports/store.ts';
import { resolvedThreads } from '../../../activities/step/run-job.ts';
import { completed } from '../../../activities/train-segment.ts';
import { updatesFor } from '../../../workflows/training/control.ts';
import {
  accept,
  atStart,
  segmentBoundaries,
  segmentBoundariesTo,
  type TrainingState,
} from '../../../workflows/training/segments.ts';
import { bestCandidate, stopReason } from '../../../workflows/training/early-stopping.ts';
import type { PlannedTraining } from './plan.ts';

export interface FoundTraining {
  /** That would be found, from the start on. */
  readonly updates: number;
  /** What they took when they were computed. */
  readonly updateSeconds: number;
  /** The training would be found to its end. */
  readonly whole: boolean;
  /** Of a control whose updates are left to measured time, where that is found too: how many it would
   *  make. */
  readonly chosen?: number;
}

type Ground = Pick<Ports, 'store' | 'identity'>;
type Reached = FoundTraining & { readonly state: TrainingState; readonly result: ArtifactRef | null };

/** By training; none where the run finds nothing, or starts from a given flow. A course that a rollback or a
 *  message changed is followed up to there. */
export async function foundTrainings(
  ports: Ground,
  { config, fresh, initialFlow, until }: RunRequest,
  dataset: PreparedDataset,
  trainings: readonly PlannedTraining[],
): Promise<ReadonlyMap<TrainingName, FoundTraining>> {
  const found = new Map<TrainingName, Reached>();
  if (fresh || initialFlow !== undefined) return found;
  const { train, test, shape } = dataset;
  const startOf = (name: TrainingName): ArtifactRef | null =>
    name === 'contrast' || name === 'control' ? (found.get('pretrain')?.result ?? null) : null;
  for (const planned of trainings) {
    const { name, models } = planned;
    // one that goes on from a pretraining has its key from that
    if (config.pretrain !== null && (name === 'contrast' || name === 'control') && startOf(name) === null)
      continue;
    const spec: TrainingSpec = {
      training: name,
      config: planned.config,
      models,
      seed: 'seed' in planned.config ? planned.config.seed : config.seed,
      threads: config.compute.threads,
      dataset: { train, test, shape },
      initialFlow: startOf(name),
    };
    if (name !== 'control' || config.baselines.control?.updates != null)
      found.set(name, await reached(ports, spec, name === 'contrast' ? until : undefined));
    else found.set(name, await reachedByTime(ports, spec, found.get('contrast')));
  }
  return found;
}

/** Segment by segment, each asked for as the workflow asks for it. */
async function reached(
  { store, identity }: Ground,
  spec: TrainingSpec,
  until: number | undefined,
): Promise<Reached> {
  const circumstances = await circumstancesOf(identity, spec, 'train-segment');
  let state = atStart;
  for (;;) {
    const cuts = segmentBoundariesTo(until, segmentBoundaries(spec, state));
    const done = state.segments.length;
    const whole = done === cuts.length - 1 || stopReason(spec, state) !== null;
    const { toUpdate: updates = 0, checkpoint = null } = state.segments.at(-1) ?? {};
    const updateSeconds = state.segments.reduce((sum, one) => sum + one.updateSeconds, 0);
    if (whole)
      return {
        updates,
        updateSeconds,
        whole,
        state,
        result: bestCandidate(spec, state)?.checkpoint ?? checkpoint,
      };
    const { adjustment } = atStart;
    const segment = { fromUpdate: cuts[done]!, toUpdate: cuts[done + 1]!, adjustment };
    const key = cacheKey(
      { activity: 'train-segment', spec: completed({ ...segment, spec, checkpoint }), salt: null },
      circumstances,
    );
    const step = await store.recall<SegmentResult>(key);
    if (step === null) return { updates, updateSeconds, whole, state, result: null };
    state = accept(state, segment, { ...step.output, key, reused: true, reason: '', seconds: 0 });
  }
}

/** Its number of updates follows from the contrast's recorded seconds, and from a measurement beside that. */
async function reachedByTime(
  ports: Ground,
  spec: TrainingSpec,
  contrast: Reached | undefined,
): Promise<Reached> {
  const none = { updates: 0, updateSeconds: 0, whole: false, state: atStart, result: null };
  if (!contrast?.whole || contrast.result === null) return none;
  const { updates, updateSeconds } = contrast;
  const asked = completed({ spec: { ...spec, config: { ...spec.config, updates } } });
  const request = {
    most: updates,
    beside: { checkpoint: contrast.result, updates },
    spec: { ...asked.spec, config: measuredConfig(asked.spec.config) },
  };
  const key = cacheKey(
    { activity: 'measure-updates', spec: request, salt: null },
    await circumstancesOf(ports.identity, spec, 'measure-updates'),
  );
  const measured = await ports.store.recall<MeasuredUpdates>(key);
  if (measured === null) return none;
  const chosen = updatesFor(updateSeconds, measured.output);
  return {
    ...(await reached(ports, { ...spec, config: { ...spec.config, updates: chosen } }, undefined)),
    chosen,
  };
}

async function circumstancesOf(
  identity: Ground['identity'],
  { threads }: TrainingSpec,
  entry: 'train-segment' | 'measure-updates',
): Promise<StepEnvironment> {
  return {
    code: await identity.codeHash(entry),
    native: await identity.native(),
    threads: resolvedThreads(threads),
  };
}
