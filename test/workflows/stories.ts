/** Pretend runs that pass through every turn the workflows can take: what golden histories were saved from, and what can be run again. */
import type { Client } from '@temporalio/client';
import type { RunRequest } from '../../activities/contracts.ts';
import { workflowQueue } from '../../workflows/queues.ts';
import { divergence, lostCheckpoint, ofImages, pretend, requestOf, segmentName, withContrast, withOneBaseline, type Pretence } from './fake-run.ts';

export interface Story {
  readonly request: RunRequest;
  readonly pretence: Pretence;
  /** How its run ends. */
  readonly status: 'COMPLETED' | 'FAILED';
  /** As a schedule fires it. */
  readonly scheduled?: true;
}

const likelihood = { method: 'mle', updates: 100, batchSize: 8, segments: 10, flow: { learningRate: 1e-3 } };

/** By run id; a story is told once, for its pretence remembers what was asked. */
export function stories(): Record<string, Story> {
  const onceDiverging = pretend({ trainSegment: async (request) => {
    if (segmentName(request) === 'contrast@30~0') throw divergence(request);
    return pretend().activities.trainSegment(request);
  } });
  let losses = 0;
  const onceLost = pretend({ trainSegment: async (request) => {
    if (segmentName(request) === 'contrast@30~0' && losses++ === 0) throw lostCheckpoint(request);
    return pretend().activities.trainSegment(request);
  } });
  const diverging = pretend({ trainSegment: async (request) => { throw divergence(request); } });
  return {
    completed: { request: requestOf('completed', withOneBaseline), pretence: onceDiverging, status: 'COMPLETED' },
    'gave-up': { request: requestOf('gave-up', withContrast({ recovery: { maxRollbacks: 2 } })), pretence: diverging, status: 'FAILED' },
    repaired: { request: requestOf('repaired', withContrast({})), pretence: onceLost, status: 'COMPLETED' },
    images: { request: requestOf('images', ofImages({ pretrain: likelihood, baselines: { control: likelihood } })), pretence: pretend(), status: 'COMPLETED' },
    scheduled: { request: requestOf('scheduled', withContrast({})), pretence: pretend(), status: 'COMPLETED', scheduled: true },
  };
}

/** Runs it to its end; resolves to the ids of the executions whose histories tell it. */
export async function tellStory(client: Client, { request, scheduled }: Story): Promise<string[]> {
  const args = scheduled ? [{ request, newSeeds: false, address: null }] : [request];
  await client.workflow.execute(scheduled ? 'scheduled' : 'reproduce', { taskQueue: workflowQueue, workflowId: request.runId, args }).catch(() => undefined);
  return scheduled ? [request.runId] : [request.runId, `${request.runId}/contrast`];
}
