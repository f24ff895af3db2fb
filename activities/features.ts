/** The network in whose features a run's images are compared, and what they are compared with. */
import { basename } from 'node:path';
import type { ArtifactRef, Provenance, Salted } from './contracts/artifact.ts';
import type { FeatureNetwork, FeaturesRequest, StatisticsRequest } from './contracts/evaluation.ts';
import { MissingDataError } from './ports/data-errors.ts';
import { cachedStep } from './step/cached-step.ts';
import { StorageError } from './ports/errors.ts';
import type { Ports } from './ports/ports.ts';
import { resolvedThreads, runJob } from './step/run-job.ts';
import type { ActivityScope } from './step/heartbeat.ts';

/** A network given as a file, as ONNX, checked with the run's images before anything is trained.
 *  Throws MissingDataError, BadInputError, DataError. */
export async function prepareFeatures(
  ports: Ports,
  { salt, ...request }: Salted<FeaturesRequest>,
  scope: ActivityScope,
): Promise<FeatureNetwork & Provenance> {
  const { file, reference, shape, samples, trainCount } = request;
  const threads = resolvedThreads(request.threads);
  const given = await stored(ports, '--features', file);
  const statistics =
    reference === null
      ? null
      : { file: await stored(ports, '--reference', reference), name: basename(reference) };
  const spec = { network: given, name: basename(file), reference: statistics, shape, samples, trainCount };
  return cachedStep(ports, { activity: 'prepare-features', spec, threads, salt }, scope, async () => {
    const job = {
      file: await ports.store.path(given),
      name: basename(file),
      shape,
      samples,
      trainCount,
      reference: statistics && { path: await ports.store.path(statistics.file), name: statistics.name },
    };
    return runJob(ports, 'prepare-features', job, threads, scope, async ({ network, label, fid }) => ({
      network: network === null ? given : await ports.store.put({ file: network }),
      label,
      fid,
      reference: statistics,
    }));
  });
}

/** Statistics of a set of images in a network's features; found again by every run with the same images and
 *  network. */
export async function featureStatistics(
  ports: Ports,
  { salt, label, ...request }: Salted<StatisticsRequest>,
  scope: ActivityScope,
): Promise<{ statistics: ArtifactRef } & Provenance> {
  const threads = resolvedThreads(request.threads);
  return cachedStep(
    ports,
    { activity: 'feature-statistics', spec: request, threads, salt },
    scope,
    async () => {
      const { images, network, shape, batchSize } = request;
      const job = {
        images: await ports.store.path(images),
        network: await ports.store.path(network),
        shape,
        batchSize,
        ...(label !== undefined && { label }),
      };
      return runJob(ports, 'feature-statistics', job, threads, scope, async ({ statistics }) => ({
        statistics: await ports.store.put({ file: statistics }),
      }));
    },
  );
}

async function stored({ store }: Pick<Ports, 'store'>, option: string, file: string): Promise<ArtifactRef> {
  try {
    return await store.put({ file });
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'ENOENT') throw error;
    throw new MissingDataError(`Expected ${option} to be a file, but there is none at ${file}.`);
  }
}
