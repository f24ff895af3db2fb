/** Pretend runs that pass through every turn the workflows can take: what golden histories were saved from, and what can be run again. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { RunRequest } from '../../activities/contracts.ts';
import type { Job, OpenedTrial } from '../../activities/sweep/contracts.ts';
import { workflowQueue } from '../../workflows/queues.ts';
import type { SweepPlan } from '../../workflows/rungs.ts';
import type { SweepRequest } from '../../workflows/sweep.ts';
import { divergence, lostCheckpoint, ofImages, pretend, requestOf, segmentName, withContrast, withOneBaseline, type Pretence } from './fake-run.ts';
import { toldStory } from './told-story.ts';

export interface Story {
  readonly request: RunRequest;
  readonly pretence: Pretence;
  /** How its run ends. */
  readonly status: 'COMPLETED' | 'FAILED';
  /** As a schedule fires it. */
  readonly scheduled?: true;
  /** As trials of a sweep. */
  readonly swept?: SweepPlan;
  /** What happens to it while it goes on. */
  readonly meanwhile?: (handle: WorkflowHandle) => Promise<unknown>;
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
    swept: { request: requestOf('swept', withContrast({})), pretence: pretend({ openTrial }), status: 'COMPLETED', swept: { trials: 3, concurrent: 2, goal: 'minimise', learning: null, halving: { kind: 'synchronous', rungs: 2, keep: 0.5 } } },
    told: toldStory(),
  };
}

/** The last of the three was completed before. */
async function openTrial({ trial, rung }: Job): Promise<OpenedTrial> {
  const runId = `swept-trial${trial}`;
  if (trial === 2) return { runId, request: null, value: 0.02 };
  return { runId, request: { ...requestOf(runId, withContrast({ updates: 2 })), ...rung === 0 && { until: 1 } }, value: null };
}

/** Runs it to its end; resolves to the ids of the executions whose histories tell it. */
export async function tellStory(client: Client, { request, scheduled, swept, meanwhile }: Story): Promise<string[]> {
  if (swept) {
    const args: [SweepRequest] = [{ sweepId: request.runId, plan: swept, metric: 'mse.ebmFce', failedAgain: false }];
    await client.workflow.execute('sweep', { taskQueue: workflowQueue, workflowId: request.runId, args });
    return [request.runId];
  }
  const args = scheduled ? [{ request, newSeeds: false, address: null }] : [request];
  const handle = await client.workflow.start(scheduled ? 'scheduled' : 'reproduce', { taskQueue: workflowQueue, workflowId: request.runId, args });
  await Promise.all([meanwhile?.(handle), handle.result().catch(() => undefined)]);
  return scheduled ? [request.runId] : [request.runId, `${request.runId}/contrast`];
}
