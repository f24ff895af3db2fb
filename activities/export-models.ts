/** A training's averaged weights as ONNX files. */
import type { ExportedModels, ExportRequest, Salted } from './contracts.ts';
import { keyed } from './keyed.ts';
import type { Ports } from './ports.ts';
import { keepAll, resolvedThreads, runJob } from './run-job.ts';
import type { Life } from './while-alive.ts';

type Files = Pick<ExportedModels, 'flowLogProb' | 'flowSample' | 'ebm'>;

export async function exportModels(ports: Ports, { salt, ...request }: Salted<ExportRequest>, life: Life): Promise<ExportedModels> {
  const threads = resolvedThreads(request.threads);
  const exported = await keyed(ports, { activity: 'export-models', spec: request, threads, salt }, () => compute(ports, request, threads, life));
  return { ...exported, name: request.training };
}

async function compute(ports: Ports, { training, checkpoint, models, shape }: ExportRequest, threads: number, life: Life): Promise<Files> {
  const job = { checkpoint: await ports.store.path(checkpoint), models, shape, metadata: { training, checkpoint: checkpoint.sha256 } };
  return runJob(ports, 'export-models', job, threads, life, (written) =>
    keepAll(ports, Object.fromEntries(Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== null))));
}
