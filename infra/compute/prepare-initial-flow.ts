/** The job `prepare-initial-flow`: a given flow is held against the configuration, and foreign weights become a checkpoint. */
import { readFile } from 'node:fs/promises';
import type { ComputeJobs } from '../../activities/ports.ts';
import { BadInputError } from '../../activities/datasets/errors.ts';
import { readInitialFlow } from '../../activities/initial-flow/read-initial-flow.ts';
import { createFlow } from '../../models/flow/flow.ts';
import { layoutSize } from '../../models/params.ts';
import type { JobContext } from './serve.ts';

type Job = ComputeJobs['prepare-initial-flow'];

/** Throws BadInputError and SafetensorsError: no flow, another one than `job.flow`, or weights that are not finite. */
export async function prepareInitialFlow({ file, name, flow, shape }: Job['job'], { onProgress }: Pick<JobContext, 'onProgress'>): Promise<Job['result']> {
  onProgress({ phase: 'loading', done: 0, total: 1 });
  const { source, weights } = await readInitialFlow(await readFile(file), name, { flow, shape });
  const expected = layoutSize(createFlow(flow, shape).params);
  if (weights.length !== expected) {
    throw new BadInputError(`Expected flow.average of ${name} to hold ${expected} weights, as many as models.flow has, got ${weights.length}. Give a checkpoint of this version.`);
  }
  return { checkpoint: null, source };
}
