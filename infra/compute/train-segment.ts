/** The job `train-segment`: checkpoint in, some updates, checkpoint out. */
import { join } from 'node:path';
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type { StartingPoint } from '../../activities/contracts/training.ts';
import type { ComputeJobs } from '../../activities/ports/compute.ts';
import type { Progress } from '../../activities/ports/progress.ts';
import { SafetensorsError } from '../../activities/formats/safetensors.ts';
import { writeScratch } from '../../activities/disk/scratch.ts';
import { isSuspect } from '../../models/training/divergence.ts';
import { measureHeldOut, stoppingOf } from '../../models/fce/held-out-distance.ts';
import { initialize } from '../../models/training/initialize.ts';
import {
  firstCounters,
  type Counters,
  type TrainingContext,
  type Metrics,
} from '../../models/training/updates.ts';
import { dtypeBytes } from '../../models/graph/values.ts';
import type { NamedArrays, Values } from '../../models/core/tensors.ts';
import { stateBytes, storedCounters, withCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { collectGarbage } from './collect-garbage.ts';
import { openTraining, type OpenTraining } from './open-training.ts';
import { RunAhead, type Ended } from './run-ahead.ts';
import type { JobContext } from './serve.ts';
import { Stretch } from './stretch.ts';

type Job = ComputeJobs['train-segment'];

const bytesPerValue = 4;

/** What the process goes on with since its last segment ended well. */
let ahead: RunAhead | null = null;

export interface SegmentOptions {
  /** Bytes of images up to which they are a variable of the graph, and read from their file step by step
   *  beyond. */
  readonly mostInGraph?: number;
  /** Bytes of a checkpoint from which on updates are made ahead. */
  readonly aheadFrom?: number;
}

/** Once it has answered, the training goes on beside the storing of its checkpoint, and has the first updates
 *  of the next segment when that is asked for. Throws DivergedError where a rule of `config.divergence` is
 *  broken, StorageError where the data changed meanwhile; nothing is written then. */
export async function trainSegment(
  job: Job['job'],
  context: JobContext,
  { mostInGraph, aheadFrom = aheadFromBytes() }: SegmentOptions = {},
): Promise<Job['result']> {
  const before = ahead;
  ahead = null;
  const { spec, adjustment, toUpdate } = job;
  const trainingContext: TrainingContext = { seed: spec.seed, training: spec.training, ...adjustment };
  const opened = await openTraining(job, context, mostInGraph);
  const stretch =
    before?.stretchFor({ opened, trainingContext, sha256: job.checkpoint?.sha256 }, toUpdate)
    ?? new Stretch(opened, trainingContext, await restore(job, opened, context));
  collectGarbage(stateBytes(opened.training));
  const first: Metrics[] = [];
  const start =
    stretch.counters.update === 0 && stoppingOf(spec.config) !== null
      ? await startingPoint(job, opened, context, first)
      : null;
  await explaining(stretch, () => runUpdates(job, stretch, context));
  const { counters: end, meanValue, seconds: updateSeconds } = stretch;
  const lines = [...first, ...stretch.lines];
  if (opened.training.data.fed) await opened.data.check(context.signal);
  const heldOutDistance = await measure(job, opened, context, end.update);
  if (heldOutDistance !== null) lines.push({ ...lines.pop()!, heldOutDistance });
  const { sha256, ...written } = await explaining(stretch, () =>
    write('checkpoint', job, opened, context, end),
  );
  const metrics = join(context.scratch, 'metrics.jsonl');
  await writeScratch(metrics, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  collectGarbage(stateBytes(opened.training));
  ahead = goOn(job, context, { opened, trainingContext, sha256 }, end, aheadFrom);
  return {
    ...written,
    metrics,
    last: numbersOf(lines.at(-1) ?? {}),
    updateSeconds,
    ...(isSuspect(end) && { suspect: true as const }),
    ...(heldOutDistance !== null && { figures: { meanValue, heldOutDistance, ...(start && { start }) } }),
  };
}

/** Work in which a divergence may be found. */
async function explaining<T>(stretch: Stretch, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw stretch.explained(error);
  }
}

/** From the state that a segment has just written, once its job is answered. */
function goOn(
  { spec, adjustment, fromUpdate, toUpdate }: Job['job'],
  { afterwards }: JobContext,
  ended: Ended,
  counters: Counters,
  aheadFrom: number,
): RunAhead {
  const { opened, trainingContext } = ended;
  const next = new RunAhead(
    ended,
    new Stretch(opened, trainingContext, storedCounters(JSON.stringify(counters))),
  );
  const left = (adjustment.updates ?? spec.config.updates) - toUpdate;
  if (stateBytes(opened.training) >= aheadFrom)
    afterwards?.((signal) => next.run(Math.min(left, shortestNext(fromUpdate, toUpdate)), signal));
  return next;
}

/** Of a training whose checkpoints are smaller nothing is made ahead: they are stored in no time. The
 *  environment may say otherwise, in units of 10^6 bytes. */
function aheadFromBytes(): number {
  const megabytes = Number(process.env['COUNTERFLOW_AHEAD_MB'] || NaN);
  return megabytes >= 0 ? megabytes * 1e6 : 64e6;
}

/** Segments of a training are cut evenly: they differ by one update at most. */
const shortestNext = (from: number, to: number): number => Math.max(1, to - from - 1);

/** Distance and checkpoint before the first update, for a training that may turn out to make nothing
 *  better. */
async function startingPoint(
  job: Job['job'],
  opened: OpenTraining,
  context: JobContext,
  lines: Metrics[],
): Promise<StartingPoint<string>> {
  const heldOutDistance = (await measure(job, opened, context, 0))!;
  const line = { training: job.spec.training, update: 0, heldOutDistance };
  lines.push(line);
  const { sha256: _, ...written } = await write('start', job, opened, context, firstCounters);
  return { ...written, last: numbersOf(line), heldOutDistance };
}

/** How far the averaged flow's samples are from the images held out; null for a training without. */
async function measure(
  { spec }: Job['job'],
  { session }: OpenTraining,
  context: JobContext,
  update: number,
): Promise<number | null> {
  const { config, seed, training } = spec;
  const stopping = stoppingOf(config);
  if (stopping === null) return null;
  const measuring = measureHeldOut(session, { ...config, stopping }, seed, update);
  for (;;) {
    const step = measuring.next();
    if (step.done) return step.value;
    context.onProgress({ phase: 'samples', training, ...step.value });
    await pause(context);
  }
}

async function write(
  name: string,
  { spec }: Job['job'],
  opened: OpenTraining,
  { scratch, onProgress }: JobContext,
  counters: Counters,
) {
  onProgress({ phase: 'checkpoint', training: spec.training, done: 0, total: 1 });
  const checkpoint = join(scratch, `${name}.safetensors`);
  const {
    config,
    models,
    training,
    dataset: { shape },
  } = spec;
  const { sha256, weights } = await writeCheckpoint(checkpoint, opened.training, opened.session, counters, {
    training,
    config: JSON.stringify(config),
    models: JSON.stringify(models),
    shape: JSON.stringify(shape),
  });
  return { checkpoint, sha256, weights };
}

/** Puts the checkpoint's state, or the initial one, into the session. */
async function restore(
  { spec, checkpoint, adjustment, files }: Job['job'],
  { training, session, data }: OpenTraining,
  { onProgress }: JobContext,
): Promise<Counters> {
  onProgress({ phase: 'initialising', training: spec.training, done: 0, total: 1 });
  if (files.checkpoint !== null) {
    return withCheckpoint(files.checkpoint, checkpoint, ({ arrays, counters }) => {
      session.assign(whenAsked(arrays));
      return counters;
    });
  }
  const initialFlow =
    files.initialFlow === null ? null : await flowWeights(files.initialFlow, spec.initialFlow);
  const seen = spec.config.method === 'nce' ? data.read(0, training.data.count) : data;
  session.assign(
    initialize(training, { seed: spec.seed, draw: adjustment.noiseStream, initialFlow, data: seen }),
  );
  return firstCounters;
}

/** The averaged weights [N] of a checkpoint's flow. */
const flowWeights = (file: string, artifact: ArtifactRef | null): Promise<Float32Array> =>
  withCheckpoint(file, artifact, ({ arrays }) => {
    const average = arrays['flow.average'];
    if (average === undefined)
      throw new SafetensorsError(`Expected flow.average in ${file}, got ${Object.keys(arrays).join(', ')}.`);
    return average.values as Float32Array;
  });

/** Those that are not made yet. */
async function runUpdates(
  { spec, adjustment, toUpdate }: Job['job'],
  stretch: Stretch,
  context: JobContext,
): Promise<void> {
  const { updates: total = spec.config.updates } = adjustment;
  const tell = (line: Metrics): void => {
    const {
      made,
      seconds,
      counters: { update },
    } = stretch;
    context.onProgress(progressOf(spec.training, update, total, made / Math.max(0.001, seconds), line));
  };
  if (stretch.made === 0)
    context.onProgress({ phase: 'first-run', training: spec.training, done: 0, total: 1 });
  else tell(stretch.last);
  while (stretch.counters.update < toUpdate) {
    tell(stretch.step());
    await pause(context);
  }
  stretch.end();
}

/** Lets a cancellation or the parent's end be heard. */
async function pause({ signal }: JobContext): Promise<void> {
  await nextTurnOfEventLoop();
  signal.throwIfAborted();
}

const progressOf = (
  training: Progress['training'],
  done: number,
  total: number,
  perSecond: number,
  line: Metrics,
): Progress => ({
  phase: 'step',
  done,
  total,
  perSecond,
  metrics: numbersOf(line),
  ...(training && { training }),
});

const numbersOf = (line: Metrics): Record<string, number> =>
  Object.fromEntries(
    Object.entries(line).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );

/** The one before is let go of first. */
const whenAsked = (arrays: NamedArrays): Record<string, () => Values> =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      name,
      () => {
        collectGarbage(bytesPerValue * dtypeBytes(array.shape));
        return array.values;
      },
    ]),
  );
