/** One segment of a training: checkpoint in, checkpoint out. */
import { trainingSchema } from '../models/fce/training-schema.ts';
import type { Salted, SegmentFigures, SegmentRequest, SegmentResult } from './contracts.ts';
import { divergenceFailure, isDiverged } from './failures.ts';
import { keyed } from './keyed.ts';
import type { Ports } from './ports.ts';
import { resolvedThreads, runJob } from './run-job.ts';
import type { Life } from './while-alive.ts';

type Output = Pick<SegmentResult, 'checkpoint' | 'metrics' | 'last' | 'weights' | 'updateSeconds' | 'figures' | 'suspect'>;

/** Throws the failure `Divergence`, with the checkpoint that went in as the last good one. */
export async function trainSegment(ports: Ports, { salt, ...asked }: Salted<SegmentRequest>, life: Life): Promise<SegmentResult> {
  const request = completed(asked);
  const threads = resolvedThreads(request.spec.threads);
  try {
    return await keyed(ports, { activity: 'train-segment', spec: request, threads, salt }, life, () => compute(ports, request, threads, life));
  } catch (error) {
    throw isDiverged(error) ? divergenceFailure(error, request) : error;
  }
}

/** A run that began before a setting existed goes on with its default. */
export const completed = <R extends Pick<SegmentRequest, 'spec'>>(request: R): R => ({ ...request, spec: { ...request.spec, config: trainingSchema.parse(request.spec.config) } });

async function compute(ports: Ports, request: SegmentRequest, threads: number, life: Life): Promise<Output> {
  const { store } = ports;
  const { dataset, initialFlow } = request.spec;
  const files = {
    train: await store.path(dataset.train),
    test: await store.path(dataset.test),
    checkpoint: request.checkpoint && await store.path(request.checkpoint),
    // a training that is under way does not go back to what it started from
    initialFlow: request.checkpoint === null && initialFlow !== null ? await store.path(initialFlow) : null,
  };
  return runJob(ports, 'train-segment', { ...request, files }, threads, life, async ({ checkpoint, metrics, last, weights, updateSeconds, figures, suspect }) => ({
    checkpoint: await store.put({ file: checkpoint }),
    metrics: await store.put({ file: metrics }),
    last, weights, updateSeconds,
    ...figures && { figures: await kept(ports, figures) },
    ...suspect && { suspect },
  }));
}

async function kept({ store }: Ports, { start, ...figures }: SegmentFigures<string>): Promise<SegmentFigures> {
  return start ? { ...figures, start: { ...start, checkpoint: await store.put({ file: start.checkpoint }) } } : figures;
}
