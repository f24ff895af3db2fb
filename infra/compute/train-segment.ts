/** The job `train-segment`: checkpoint in, some updates, checkpoint out. */
import { join } from 'node:path';
import { setImmediate as nextTurnOfEventLoop } from 'node:timers/promises';
import type { StartingPoint } from '../../activities/contracts.ts';
import type { ComputeJobs, Progress } from '../../activities/ports.ts';
import { SafetensorsError } from '../../activities/safetensors.ts';
import { writeScratch } from '../../activities/scratch.ts';
import { checkFinite, isSuspect } from '../../models/fce/divergence.ts';
import { measureHeldOut, stoppingOf } from '../../models/fce/held-out-distance.ts';
import { initialize } from '../../models/fce/initialize.ts';
import { firstCounters, scalars, updates, type Counters, type Metrics } from '../../models/fce/updates.ts';
import type { Session } from '../../models/graph/program.ts';
import type { Values } from '../../models/tensors.ts';
import { readCheckpoint, stateBytes, storedCounters, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { collectGarbage } from './collect-garbage.ts';
import { openTraining, type OpenTraining } from './open-training.ts';
import type { JobContext } from './serve.ts';

type Job = ComputeJobs['train-segment'];

/** Of a session that holds the state of a checkpoint, since the job that wrote it ended well and until the next one begins. */
const held = new WeakMap<Session, { readonly sha256: string; readonly counters: Counters }>();

/** `mostInGraph`: bytes of images up to which they are a variable of the graph, and read from their file step by step beyond.
 *  Throws DivergedError where a rule of `config.divergence` is broken, StorageError where the data changed meanwhile; nothing is written then. */
export async function trainSegment(job: Job['job'], context: JobContext, mostInGraph?: number): Promise<Job['result']> {
  const opened = await openTraining(job, context, mostInGraph);
  const counters = await restore(job, opened, context);
  collectGarbage(stateBytes(opened.training));
  const lines: Metrics[] = [];
  const start = counters.update === 0 && stoppingOf(job.spec.config) !== null ? await startingPoint(job, opened, context, lines) : null;
  const startedAt = performance.now();
  const { end, meanValue } = await runUpdates(job, opened, counters, context, lines);
  const updateSeconds = (performance.now() - startedAt) / 1000;
  if (opened.training.data.fed) await opened.data.check(context.signal);
  const heldOutDistance = await measure(job, opened, context, end.update);
  if (heldOutDistance !== null) lines.push({ ...lines.pop()!, heldOutDistance });
  const { sha256, ...written } = await write('checkpoint', job, opened, context, end);
  const metrics = join(context.scratch, 'metrics.jsonl');
  await writeScratch(metrics, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  collectGarbage(stateBytes(opened.training));
  held.set(opened.session, { sha256, counters: storedCounters(JSON.stringify(end)) });
  return {
    ...written, metrics, last: numbersOf(lines.at(-1) ?? {}), updateSeconds,
    ...isSuspect(end) && { suspect: true as const },
    ...heldOutDistance !== null && { figures: { meanValue, heldOutDistance, ...start && { start } } },
  };
}

/** Distance and checkpoint before the first update, for a training that may turn out to make nothing better. */
async function startingPoint(job: Job['job'], opened: OpenTraining, context: JobContext, lines: Metrics[]): Promise<StartingPoint<string>> {
  const heldOutDistance = (await measure(job, opened, context, 0))!;
  const line = { training: job.spec.training, update: 0, heldOutDistance };
  lines.push(line);
  const { sha256: _, ...written } = await write('start', job, opened, context, firstCounters);
  return { ...written, last: numbersOf(line), heldOutDistance };
}

/** How far the averaged flow's samples are from the images held out; null for a training without. */
async function measure({ spec }: Job['job'], { session }: OpenTraining, context: JobContext, update: number): Promise<number | null> {
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

async function write(name: string, { spec }: Job['job'], opened: OpenTraining, { scratch, onProgress }: JobContext, counters: Counters) {
  onProgress({ phase: 'checkpoint', training: spec.training, done: 0, total: 1 });
  const checkpoint = join(scratch, `${name}.safetensors`);
  const { config, models, training, dataset: { shape } } = spec;
  const { sha256, weights } = await writeCheckpoint(checkpoint, opened.training, opened.session, counters, {
    training, config: JSON.stringify(config), models: JSON.stringify(models), shape: JSON.stringify(shape),
  });
  return { checkpoint, sha256, weights };
}

/** Puts the checkpoint's state, or the initial one, into the session. Where that has just written the checkpoint, its state is there already. */
async function restore({ spec, checkpoint, adjustment, files }: Job['job'], { training, session, data }: OpenTraining, { onProgress }: JobContext): Promise<Counters> {
  const last = held.get(session);
  held.delete(session);
  if (checkpoint !== null && last?.sha256 === checkpoint.sha256) return last.counters;
  onProgress({ phase: 'initialising', training: spec.training, done: 0, total: 1 });
  if (files.checkpoint !== null) {
    const { arrays, counters } = await readCheckpoint(files.checkpoint, checkpoint);
    session.assign(valuesOf(arrays));
    return counters;
  }
  const initialFlow = files.initialFlow === null ? null : flowWeights(await readCheckpoint(files.initialFlow, spec.initialFlow), files.initialFlow);
  const seen = spec.config.method === 'nce' ? data.read(0, training.data.count) : data;
  session.assign(initialize(training, { seed: spec.seed, draw: adjustment.noiseStream, initialFlow, data: seen }));
  return firstCounters;
}

/** The averaged weights [N] of a checkpoint's flow. */
function flowWeights({ arrays }: Checkpoint, file: string): Float32Array {
  const average = arrays['flow.average'];
  if (average === undefined) throw new SafetensorsError(`Expected flow.average in ${file}, got ${Object.keys(arrays).join(', ')}.`);
  return average.values as Float32Array;
}

async function runUpdates(
  { spec, adjustment, toUpdate }: Job['job'],
  { training, session, data }: OpenTraining,
  from: Counters,
  context: JobContext,
  lines: Metrics[],
): Promise<{ readonly end: Counters; readonly meanValue: number }> {
  const { config } = spec;
  const { updates: total = config.updates } = adjustment;
  const course = { seed: spec.seed, training: spec.training, ...adjustment };
  const rate = rateMeter(from.update);
  let counters = from;
  let sum = 0;
  context.onProgress({ phase: 'first-run', training: spec.training, done: 0, total: 1 });
  for (const { counters: now, metrics } of updates(session, training, course, from, toUpdate, data)) {
    counters = now;
    sum += Number(metrics.value ?? 0);
    const probed = 'probe' in training.program.functions && (now.update % config.probeEvery === 0 || now.update === total);
    const line = probed ? { ...metrics, ...probe(session, now.update) } : metrics;
    if (probed || now.update % config.logEvery === 0 || now.update === toUpdate) lines.push(line);
    context.onProgress(progressOf(spec.training, now.update, total, rate(now.update), line));
    await pause(context);
  }
  return { end: counters, meanValue: sum / (toUpdate - from.update) };
}

/** Lets a cancellation or the parent's end be heard. */
async function pause({ signal }: JobContext): Promise<void> {
  await nextTurnOfEventLoop();
  signal.throwIfAborted();
}

function probe(session: Session, update: number): Record<string, number> {
  const errors = scalars(session.run('probe', {}));
  checkFinite(update, errors);
  return errors;
}

const progressOf = (training: Progress['training'], done: number, total: number, perSecond: number, line: Metrics): Progress => ({
  phase: 'step', done, total, perSecond, metrics: numbersOf(line), ...(training && { training }),
});

/** Updates a second since the segment began. */
function rateMeter(from: number): (update: number) => number {
  const start = performance.now();
  return (update) => ((update - from) * 1000) / Math.max(1, performance.now() - start);
}

const numbersOf = (line: Metrics): Record<string, number> =>
  Object.fromEntries(Object.entries(line).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

const valuesOf = (arrays: Readonly<Record<string, { values: Values }>>): Record<string, Values> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { values }]) => [name, values]));
