/** A training's averaged weights as ONNX files. */
import type { Salted } from './contracts/artifact.ts';
import type { ExportedModels, ExportRequest, ModelFiles, ModelOwner } from './contracts/evaluation.ts';
import { cachedStep } from './step/cached-step.ts';
import type { Ports } from './ports/ports.ts';
import { keepAll, resolvedThreads, runJob } from './step/run-job.ts';
import { stampModel } from './record/stamp-model.ts';
import type { ActivityScope } from './step/heartbeat.ts';

/** Who asks is no part of the key: runs share the files, and each has copies of its own that name it. */
export async function exportModels(
  ports: Ports,
  { salt, owner, ...request }: Salted<ExportRequest>,
  scope: ActivityScope,
): Promise<ExportedModels> {
  const threads = resolvedThreads(request.threads);
  const exported = await cachedStep(
    ports,
    { activity: 'export-models', spec: request, threads, salt },
    scope,
    async () => ({ files: await compute(ports, request, threads, scope) }),
  );
  const { files, ...provenance } = exported;
  return { ...provenance, ...files, name: request.training, stamped: await stampAll(ports, files, owner) };
}

async function compute(
  ports: Ports,
  { training, checkpoint, models, shape }: Omit<ExportRequest, 'owner'>,
  threads: number,
  scope: ActivityScope,
): Promise<ModelFiles> {
  const job = {
    checkpoint: await ports.store.path(checkpoint),
    models,
    shape,
    metadata: { training, checkpoint: checkpoint.sha256 },
    // whatever else its training trained is none of this run's
    ...(training === 'initial-flow' && { flowAlone: true as const }),
  };
  return runJob(ports, 'export-models', job, threads, scope, (written) =>
    keepAll(
      ports,
      Object.fromEntries(
        Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
    ),
  );
}

async function stampAll(ports: Ports, files: ModelFiles, owner: ModelOwner): Promise<ModelFiles> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(async ([name, ref]) => [name, await stampModel(ports, ref, owner)] as const),
    ),
  );
}
