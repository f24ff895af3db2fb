/** Pretend runs that pass through every turn the workflows can take: what golden histories were saved from,
 *  and what can be run again. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Decision } from '../../activities/contracts/decision.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import type { TrialRung, OpenedTrial, Sweep } from '../../activities/sweep/contracts.ts';
import { workflowQueue } from '../../workflows/shared/queues.ts';
import type { SweepPlan } from '../../workflows/sweep/rungs.ts';
import type { SweepRequest } from '../../workflows/sweep/sweep.ts';
import {
  divergence,
  lostCheckpoint,
  ofImages,
  pretend,
  requestOf,
  segmentName,
  withContrast,
  withOneBaseline,
  type Pretence,
} from './fake-run.ts';
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
  /** As trials of a sweep that a schedule fires. */
  readonly sweptAtTimes?: Sweep;
  /** What happens to it while it goes on. */
  readonly meanwhile?: (handle: WorkflowHandle) => Promise<unknown>;
}

const likelihood = { method: 'mle', updates: 100, batchSize: 8, segments: 10, flow: { learningRate: 1e-3 } };

/** Its updates are left to measured time. */
const { updates: _, ...timed } = likelihood;

/** By run id; a story is told once, for its pretence remembers what was asked. */
export function stories(): Record<string, Story> {
  const onceDiverging = pretend({
    trainSegment: async (request) => {
      if (segmentName(request) === 'contrast@30~0') throw divergence(request);
      return pretend().activities.trainSegment(request);
    },
  });
  let losses = 0;
  const onceLost = pretend({
    trainSegment: async (request) => {
      if (segmentName(request) === 'contrast@30~0' && losses++ === 0) throw lostCheckpoint(request);
      return pretend().activities.trainSegment(request);
    },
  });
  const diverging = pretend({
    trainSegment: async (request) => {
      throw divergence(request);
    },
  });
  return {
    completed: {
      request: requestOf('completed', withOneBaseline),
      pretence: onceDiverging,
      status: 'COMPLETED',
    },
    'gave-up': {
      request: requestOf('gave-up', withContrast({ recovery: { maxRollbacks: 2 } })),
      pretence: diverging,
      status: 'FAILED',
    },
    repaired: { request: requestOf('repaired', withContrast({})), pretence: onceLost, status: 'COMPLETED' },
    images: {
      request: requestOf('images', ofImages({ pretrain: likelihood, baselines: { control: likelihood } })),
      pretence: pretend(),
      status: 'COMPLETED',
    },
    'timed-control': {
      request: requestOf(
        'timed-control',
        ofImages({ pretrain: likelihood, baselines: { control: timed }, featureNetwork: null }),
      ),
      pretence: pretend(),
      status: 'COMPLETED',
    },
    scheduled: {
      request: requestOf('scheduled', withContrast({})),
      pretence: pretend(),
      status: 'COMPLETED',
      scheduled: true,
    },
    // as `scheduled` and `scheduled-sweep`, which were saved before a firing looked at what is under its id
    firing: {
      request: requestOf('firing', withContrast({})),
      pretence: pretend(),
      status: 'COMPLETED',
      scheduled: true,
    },
    'sweep-firing': {
      request: requestOf('sweep-firing'),
      pretence: pretend({ openTrial: trialsOf('sweep-firing') }),
      status: 'COMPLETED',
      sweptAtTimes: sweepOf('sweep-firing'),
    },
    swept: {
      request: requestOf('swept', withContrast({})),
      pretence: pretend({ openTrial: trialsOf('swept') }),
      status: 'COMPLETED',
      swept: {
        trials: 3,
        concurrent: 2,
        goal: 'minimise',
        learning: null,
        halving: { kind: 'synchronous', rungs: 2, keep: 0.5 },
      },
    },
    'scheduled-sweep': {
      request: requestOf('scheduled-sweep'),
      pretence: pretend({ openTrial: trialsOf('scheduled-sweep') }),
      status: 'COMPLETED',
      sweptAtTimes: sweepOf('scheduled-sweep'),
    },
    amended: {
      request: amended(requestOf('amended', withContrast({}))),
      pretence: pretend(),
      status: 'COMPLETED',
    },
    told: toldStory(),
  };
}

function sweepOf(id: string): Sweep {
  return {
    id,
    name: 'rates',
    parameters: { seed: { kind: 'int', min: 1, max: 9, points: null } },
    sampler: { kind: 'sobol' },
    seed: 1,
    trials: 3,
    objective: { metric: 'mse.ebmFce', goal: 'minimise' },
    halving: null,
    concurrent: 2,
    pricePerHour: null,
    base: requestOf(id, withContrast({})),
    command: 'counterflow sweep rates.yaml',
  };
}

/** Its contrast had given up after two segments, the second of them after a rollback. */
function amended(request: RunRequest): RunRequest {
  const { contrast } = request.config;
  const lower = {
    ...request,
    config: { ...request.config, contrast: { ...contrast, flow: { ...contrast.flow, learningRate: 1e-4 } } },
  };
  const adjustments = [
    { learningRateScale: 1, noiseStream: 0 },
    { learningRateScale: 0.5, noiseStream: 1 },
  ];
  const decisions: Decision[] = [
    {
      at: request.startedAt,
      what: 'rollback',
      training: 'contrast',
      sentence: 'contrast diverged.',
      details: { noiseStream: 1 },
    },
    {
      at: request.startedAt,
      what: 'gave-up',
      training: 'contrast',
      sentence: 'contrast gave up.',
      details: {},
    },
  ];
  return {
    ...lower,
    amended: [
      {
        training: 'contrast',
        changes: ['contrast.flow.learningRate=1e-4'],
        before: contrast,
        update: 20,
        adjustments,
        decisions,
      },
    ],
  };
}

/** The last of the three was completed before. */
const trialsOf =
  (sweep: string) =>
  async ({ trial, rung }: TrialRung): Promise<OpenedTrial> => {
    const runId = `${sweep}-trial${trial}`;
    if (trial === 2) return { runId, request: null, value: 0.02 };
    return {
      runId,
      request: { ...requestOf(runId, withContrast({ updates: 2 })), ...(rung === 0 && { until: 1 }) },
      value: null,
    };
  };

/** Runs it to its end; resolves to the ids of the executions whose histories tell it. */
export async function tellStory(
  client: Client,
  { request, scheduled, swept, sweptAtTimes, meanwhile }: Story,
): Promise<string[]> {
  if (sweptAtTimes) {
    await client.workflow.execute('scheduledSweep', {
      taskQueue: workflowQueue,
      workflowId: request.runId,
      args: [{ sweep: sweptAtTimes, newSeeds: true, address: null }],
    });
    return [request.runId];
  }
  if (swept) {
    const args: [SweepRequest] = [
      { sweepId: request.runId, plan: swept, metric: 'mse.ebmFce', failedAgain: false },
    ];
    await client.workflow.execute('sweep', { taskQueue: workflowQueue, workflowId: request.runId, args });
    return [request.runId];
  }
  const args = scheduled ? [{ request, newSeeds: false, address: null }] : [request];
  const handle = await client.workflow.start(scheduled ? 'scheduled' : 'reproduce', {
    taskQueue: workflowQueue,
    workflowId: request.runId,
    args,
  });
  await Promise.all([meanwhile?.(handle), handle.result().catch(() => undefined)]);
  return scheduled ? [request.runId] : [request.runId, `${request.runId}/contrast`];
}
