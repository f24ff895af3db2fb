/** Workers of all task queues in one process, for pretend activities. */
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { evaluateQueue, segmentQueue, workflowQueue } from '../../workflows/shared/queues.ts';
import { bundleWorkflows, startTemporal } from './temporal.ts';

export function createPretendWorkers({
  workflowBundle,
  ...options
}: Omit<WorkerOptions, 'taskQueue'>): Promise<Worker[]> {
  return Promise.all([
    Worker.create({ ...options, taskQueue: workflowQueue, workflowBundle }),
    Worker.create({ ...options, taskQueue: segmentQueue }),
    Worker.create({ ...options, taskQueue: evaluateQueue }),
  ]);
}

export interface PretendServer {
  readonly env: TestWorkflowEnvironment;
  readonly workflowBundle: WorkflowBundleWithSourceMap;
  close(): Promise<void>;
}

/** A real server, and workers on it until it is closed. `interceptors`: modules of workflows. With a
 *  `shutdownForceTime` activities may wait still at the end. */
export async function openPretendServer(
  options: Omit<WorkerOptions, 'taskQueue' | 'connection' | 'workflowBundle'>,
  {
    serverArgs = [],
    interceptors = [],
  }: { readonly serverArgs?: string[]; readonly interceptors?: string[] } = {},
): Promise<PretendServer> {
  const [env, workflowBundle] = await Promise.all([startTemporal(serverArgs), bundleWorkflows(interceptors)]);
  const workers = await createPretendWorkers({
    connection: env.nativeConnection,
    workflowBundle,
    ...options,
  });
  const working = Promise.all(workers.map((worker) => worker.run()));
  return {
    env,
    workflowBundle,
    async close() {
      for (const worker of workers) worker.shutdown();
      // where a test has failed, an activity waits still
      await (options.shutdownForceTime === undefined ? working : working.catch(() => undefined));
      await env.teardown();
    },
  };
}

export async function whileWorking<T>(workers: readonly Worker[], act: () => Promise<T>): Promise<T> {
  const [worker, ...others] = workers;
  return worker === undefined ? act() : worker.runUntil(() => whileWorking(others, act));
}
