/** Workers of all task queues in one process, for pretend activities. */
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { evaluateQueue, segmentQueue, workflowQueue } from '../../workflows/queues.ts';

export function createPretendWorkers({ workflowBundle, ...options }: Omit<WorkerOptions, 'taskQueue'>): Promise<Worker[]> {
  return Promise.all([
    Worker.create({ ...options, taskQueue: workflowQueue, workflowBundle }),
    Worker.create({ ...options, taskQueue: segmentQueue }),
    Worker.create({ ...options, taskQueue: evaluateQueue }),
  ]);
}

export async function whileWorking<T>(workers: readonly Worker[], act: () => Promise<T>): Promise<T> {
  const [worker, ...others] = workers;
  return worker === undefined ? act() : worker.runUntil(() => whileWorking(others, act));
}
