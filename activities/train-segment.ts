/** One segment of a training: checkpoint in, checkpoint out. */
import { trainingSchema } from '../models/training-schema.ts';
import type { TrainingConfig } from './config/experiment-config.ts';
import type { ArtifactRef } from './contracts/artifact.ts';
import type { SegmentFigures, SegmentRequest, SegmentResult, SegmentTask } from './contracts/training.ts';
import type { DivergedError } from '../models/training/divergence.ts';
import { dtypeBytes } from '../models/graph/values.ts';
import { divergedText } from './record/diverged-lines.ts';
import { divergenceFailure, isDiverged } from './step/failures.ts';
import { judgeTraining } from './health/judge-training.ts';
import type { Warning } from './health/warning.ts';
import { cachedStep } from './step/cached-step.ts';
import type { Ports } from './ports/ports.ts';
import { recordSegment } from './record/record-segment.ts';
import { parseLines } from './record/run-files.ts';
import { resolvedThreads, runJob } from './step/run-job.ts';
import type { ActivityScope } from './step/heartbeat.ts';

type Output = Pick<
  SegmentResult,
  'checkpoint' | 'metrics' | 'last' | 'weights' | 'updateSeconds' | 'figures' | 'suspect'
>;

/** Throws the failure `Divergence`, with the checkpoint that went in as the last good one. */
export async function trainSegment(
  ports: Ports,
  { salt, whole = false, ...asked }: SegmentTask,
  scope: ActivityScope,
): Promise<SegmentResult> {
  const request = completed(asked);
  const threads = resolvedThreads(request.spec.threads);
  try {
    const result = await cachedStep(
      ports,
      { activity: 'train-segment', spec: request, threads, salt, whole },
      scope,
      () => compute(ports, request, threads, scope),
    );
    const warnings = await warningsAt(ports, request, result, scope);
    return {
      ...result,
      ...((await ports.store.isReleased(result.checkpoint)) && { released: true as const }),
      ...(warnings.length > 0 && { warnings }),
    };
  } catch (error) {
    throw isDiverged(error) ? divergenceFailure(error, request, await linesOf(ports, error)) : error;
  }
}

/** What is not healthy in the training up to here, once the segment is in its run's folder. The folder is for
 *  people: a segment does not fail for want of a line in it. */
async function warningsAt(
  ports: Ports,
  request: SegmentRequest,
  result: SegmentResult,
  scope: ActivityScope,
): Promise<readonly Warning[]> {
  const recorded = await recordSegment(ports, request, result, scope).catch(() => null);
  scope.signal.throwIfAborted();
  const {
    spec: {
      training,
      config,
      dataset: { shape },
    },
    adjustment: { updates = config.updates },
  } = request;
  return recorded === null
    ? []
    : judgeTraining(training, parseLines(recorded), { dim: dtypeBytes(shape), updates });
}

/** null: its process told none, or there is no room for them. */
async function linesOf({ store }: Ports, { lines = [], update }: DivergedError): Promise<ArtifactRef | null> {
  return lines.length === 0 ? null : store.put(Buffer.from(divergedText(lines, update))).catch(() => null);
}

/** A run that began before a setting existed goes on with its default. */
export const completed = <R extends Pick<SegmentRequest, 'spec'>>(request: R): R => ({
  ...request,
  spec: { ...request.spec, config: decisiveIn(request.spec.config) },
});

/** All of a training's settings that its weights depend on. Which checkpoints are kept is none of them: runs
 *  that differ in that share their steps. */
export function decisiveIn(config: unknown): TrainingConfig {
  const { checkpoints: _, ...decisive } = trainingSchema.parse(config);
  return decisive as TrainingConfig;
}

async function compute(
  ports: Ports,
  request: SegmentRequest,
  threads: number,
  scope: ActivityScope,
): Promise<Output> {
  const { store } = ports;
  const { dataset, initialFlow } = request.spec;
  const files = {
    train: await store.path(dataset.train),
    test: await store.path(dataset.test),
    checkpoint: request.checkpoint && (await store.path(request.checkpoint)),
    // a training that is under way does not go back to what it started from
    initialFlow: request.checkpoint === null && initialFlow !== null ? await store.path(initialFlow) : null,
  };
  return runJob(
    ports,
    'train-segment',
    { ...request, files },
    threads,
    scope,
    async ({ checkpoint, metrics, last, weights, updateSeconds, figures, suspect }) => ({
      checkpoint: await store.take(checkpoint),
      metrics: await store.take(metrics),
      last,
      weights,
      updateSeconds,
      ...(figures && { figures: await kept(ports, figures) }),
      ...(suspect && { suspect }),
    }),
  );
}

async function kept(
  { store }: Ports,
  { start, ...figures }: SegmentFigures<string>,
): Promise<SegmentFigures> {
  return start
    ? { ...figures, start: { ...start, checkpoint: await store.take(start.checkpoint) } }
    : figures;
}
