/** The flow that a run starts from in place of a pretraining: a file that somebody else's training left. */
import { basename } from 'node:path';
import type { ArtifactRef, GivenFlow, Provenance, Salted } from './contracts/artifact.ts';
import type { InitialFlow, InitialFlowRequest } from './contracts/evaluation.ts';
import { BadInputError, MissingDataError } from './ports/data-errors.ts';
import { cachedStep } from './step/cached-step.ts';
import { StorageError } from './ports/errors.ts';
import type { Ports } from './ports/ports.ts';
import { resolvedThreads, runJob } from './step/run-job.ts';
import type { ActivityScope } from './step/heartbeat.ts';

/** The given file as a checkpoint that trainings can start from, held against the run's configuration and
 *  data first. The store's copy is enough: a run that is resumed needs the file no more. Throws
 *  MissingDataError, BadInputError, SafetensorsError. */
export async function prepareInitialFlow(
  ports: Ports,
  { salt, file, artifact, flow, shape, ...asked }: Salted<InitialFlowRequest>,
  scope: ActivityScope,
): Promise<InitialFlow & Provenance> {
  const threads = resolvedThreads(asked.threads);
  const name = basename(file);
  const given = await stored(ports, { file, artifact });
  return cachedStep(
    ports,
    { activity: 'prepare-initial-flow', spec: { given, name, flow, shape }, threads, salt },
    scope,
    async () => {
      const job = { file: await ports.store.path(given), name, flow, shape };
      return runJob(ports, 'prepare-initial-flow', job, threads, scope, async ({ checkpoint, source }) => ({
        checkpoint: checkpoint === null ? given : await ports.store.put({ file: checkpoint }),
        given,
        name,
        source,
      }));
    },
  );
}

/** The artifact that the file was when the run was asked for. */
async function stored({ store }: Pick<Ports, 'store'>, { file, artifact }: GivenFlow): Promise<ArtifactRef> {
  if (await store.has(artifact)) return artifact;
  const found = await put(store, file);
  if (found.sha256 === artifact.sha256) return found;
  throw new BadInputError(
    `Expected --initial-flow ${file} to be as it was when the run was asked for, sha256 `
      + `${artifact.sha256}, got ${found.sha256}. Put that file back, or start another run from this one.`,
  );
}

async function put(store: Ports['store'], file: string): Promise<ArtifactRef> {
  try {
    return await store.put({ file });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'ENOENT') throw error;
    throw new MissingDataError(`Expected --initial-flow to be a file, but there is none at ${file}.`);
  }
}
