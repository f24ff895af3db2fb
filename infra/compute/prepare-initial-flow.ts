/** The job `prepare-initial-flow`: a given flow is held against the configuration, and foreign weights become
 *  a checkpoint. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInputError } from '../../activities/ports/data-errors.ts';
import { readInitialFlow } from '../../activities/initial-flow/read-initial-flow.ts';
import type { ComputeJobs } from '../../activities/ports/compute.ts';
import { encodeSafetensors } from '../../activities/formats/safetensors.ts';
import { writeScratch } from '../../activities/disk/scratch.ts';
import { createFlow } from '../../models/flow/flow.ts';
import { layoutSize, type ParamSpec } from '../../models/core/params.ts';
import type { NamedArrays } from '../../models/core/tensors.ts';
import type { JobContext } from './serve.ts';

type Job = ComputeJobs['prepare-initial-flow'];

/** Throws BadInputError, DataError and SafetensorsError: no flow, another one than `job.flow`, or weights
 *  that are not finite. */
export async function prepareInitialFlow(
  { file, name, flow, shape }: Job['job'],
  { onProgress, scratch }: Pick<JobContext, 'onProgress' | 'scratch'>,
): Promise<Job['result']> {
  onProgress({ phase: 'loading', done: 0, total: 1 });
  const { source, weights } = await readInitialFlow(await readFile(file), name, { flow, shape });
  const { params } = createFlow(flow, shape);
  if (!(weights instanceof Float32Array)) {
    const average = flat(params, weights);
    const checkpoint = join(scratch, 'initial-flow.safetensors');
    await writeScratch(
      checkpoint,
      encodeSafetensors(
        { 'flow.average': { shape: [average.length], dtype: 'float32', values: average } },
        { training: `flow of ${name}`, models: JSON.stringify({ flow }), shape: JSON.stringify(shape) },
        { 'flow.average': params },
      ),
    );
    return { checkpoint, source };
  }
  const expected = layoutSize(params);
  if (weights.length !== expected) {
    throw new BadInputError(
      `Expected flow.average of ${name} to hold ${expected} weights, as many as models.flow has, got `
        + `${weights.length}. Give a checkpoint of this version.`,
    );
  }
  return { checkpoint: null, source };
}

/** Parameters by name -> [N], in the order of `specs`. */
function flat(specs: readonly ParamSpec[], named: NamedArrays): Float32Array {
  const average = new Float32Array(layoutSize(specs));
  let offset = 0;
  for (const spec of specs) {
    average.set(named[spec.name]!.values, offset);
    offset += layoutSize([spec]);
  }
  return average;
}
