/** Temporal's workers in this process: those of the task queues it serves. */
import {
  Worker,
  type ActivitySlotInfo,
  type CustomSlotSupplier,
  type Logger,
  type NativeConnection,
  type WorkerOptions,
  type WorkerTuner,
} from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.ts';
import { evaluateQueue, segmentQueue, workflowQueue } from '../../workflows/shared/queues.ts';
import type { LocalPorts } from './create-ports.ts';
import type { QueueKind } from './queue-kinds.ts';
import { whileCoresAreFree } from './while-cores-are-free.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** What a worker runs: Counterflow's own workflows and activities if nothing else is said. */
export interface WorkerCode {
  readonly workflows: URL;
  readonly activities: (ports: LocalPorts) => object;
}

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly queues: readonly QueueKind[];
  readonly code?: WorkerCode | undefined;
  readonly ports: LocalPorts;
  readonly logger: Logger;
}

const counterflow: WorkerCode = {
  workflows: new URL('../../workflows/index.ts', import.meta.url),
  activities: createActivities,
};

/** Settings of all queues. */
const common: Partial<WorkerOptions> = {
  // progress is shown from heartbeats, and cancellations come with their answers: each is passed on as it
  // comes
  maxHeartbeatThrottleInterval: '500 ms',
  defaultHeartbeatThrottleInterval: '500 ms',
  // waiting gains nothing: a segment is not over soon, and begins again from its checkpoint elsewhere
  shutdownGraceTime: '10 ms',
  shutdownForceTime: '10 s',
};

export async function createWorkers({
  connection,
  namespace,
  queues,
  code = counterflow,
  ports,
  logger,
}: WorkersOptions): Promise<Worker[]> {
  const shared = { ...common, connection, namespace, activities: code.activities(ports) };
  const computing = () => ({
    ...shared,
    maxConcurrentActivityTaskPolls: 1,
    tuner: tunerOf(whileCoresAreFree(ports.compute)),
  });
  const served: Readonly<Record<QueueKind, () => Promise<WorkerOptions>>> = {
    // exports wait for cores inside their activities
    workflows: async () => ({
      ...shared,
      taskQueue: workflowQueue,
      workflowBundle: await workflowBundle(code.workflows, logger),
      maxConcurrentActivityTaskExecutions: 64,
    }),
    train: async () => ({ ...computing(), taskQueue: segmentQueue }),
    evaluate: async () => ({ ...computing(), taskQueue: evaluateQueue }),
  };
  return Promise.all(queues.map(async (kind) => Worker.create(await served[kind]())));
}

/** The other suppliers have nothing to supply: these workers have activities alone. */
function tunerOf(activityTaskSlotSupplier: CustomSlotSupplier<ActivitySlotInfo>): WorkerTuner {
  const unused = { type: 'fixed-size', numSlots: 1 } as const;
  return {
    activityTaskSlotSupplier,
    workflowTaskSlotSupplier: unused,
    localActivityTaskSlotSupplier: unused,
    nexusTaskSlotSupplier: unused,
  };
}
