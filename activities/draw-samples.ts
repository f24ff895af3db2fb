/** Samples of a training that goes on, as a picture. */
import type { ArtifactRef, Provenance, Salted } from './contracts/artifact.ts';
import type { SamplesRequest } from './contracts/evaluation.ts';
import { cachedStep } from './step/cached-step.ts';
import type { Ports } from './ports/ports.ts';
import { resolvedThreads, runJob } from './step/run-job.ts';
import type { ActivityScope } from './step/heartbeat.ts';

export async function drawSamples(
  ports: Ports,
  { salt, ...request }: Salted<SamplesRequest>,
  scope: ActivityScope,
): Promise<{ picture: ArtifactRef } & Provenance> {
  const { sampler, shape, evaluation, seed } = request;
  const threads = resolvedThreads(request.threads);
  return cachedStep(ports, { activity: 'draw-samples', spec: request, threads, salt }, scope, async () => {
    const job = { sampler: await ports.store.path(sampler), shape, evaluation, seed };
    return runJob(ports, 'draw-samples', job, threads, scope, async ({ picture }) => ({
      picture: await ports.store.put({ file: picture }),
    }));
  });
}
