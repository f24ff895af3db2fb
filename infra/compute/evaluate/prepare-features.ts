/** The job `prepare-features`: a network given as ONNX or as PyTorch weights becomes one that images of a run
 *  can be shown to, and whatever would fail at the run's end is found at its beginning. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { largestCheckpoint, readCheckpoint } from '../../../activities/formats/pytorch/read-checkpoint.ts';
import { writeScratch } from '../../../activities/disk/scratch.ts';
import { DataError } from '../../../models/core/errors.ts';
import { fidInception } from '../../../models/inception/fid-inception.ts';
import { ownVersion } from '../../setup/package-version.ts';
import { hashOfFile } from '../../store/hash-of-file.ts';
import type { EvaluationContext } from './batches.ts';
import { checkOnnxFile } from './onnx-file.ts';
import { openFeatureNetwork } from './feature-network.ts';
import { fidWeights } from './fid-weights.ts';
import type { ImageSides } from './image-job.ts';
import { createOnnxRuntime } from './onnx-runtime.ts';
import { readGivenReference, requireSound } from './reference-file.ts';

type Job = ComputeJobs['prepare-features'];

/** Throws BadInputError, ShapeError and DataError: no network, one for other images, or more features than
 *  images. */
export async function prepareFeatures(job: Job['job'], context: EvaluationContext): Promise<Job['result']> {
  context.onProgress({ phase: 'loading', done: 0, total: 1 });
  const isWeights = /\.(pth|pt)$/i.test(job.name);
  const network = isWeights ? join(context.scratch, 'inception.onnx') : job.file;
  if (isWeights) await requireReadable(job);
  else checkOnnxFile(job.file, job.name);
  const sha256 = await hashOfFile(job.file);
  if (isWeights) {
    const weights = await readCheckpoint(await readFile(job.file), job.name);
    await writeScratch(
      network,
      fidInception(weights, { metadata: { weights: job.name, weights_sha256: sha256 }, version: ownVersion }),
    );
  }
  const dims = await dimsOf(network, job, context);
  await checkReference(job, dims);
  for (const [which, count, remedy] of [
    ['samples', job.samples, `set evaluation.samples to ${dims + 1} or more (10,000 are usual)`],
    ['training images', job.trainCount, 'use more data'],
  ] as const) {
    if (count <= dims) {
      throw new DataError(
        `A Frechet distance in the ${dims} features of ${job.name} needs at least ${dims + 1} `
          + `${which}, for fewer give a singular covariance; this run has ${count}. `
          + `Remedy: ${remedy}, or give a network with fewer features.`,
      );
    }
  }
  return {
    network: isWeights ? network : null,
    dims,
    fid: isWeights && sha256 === fidWeights.sha256,
    label: `${job.name} (sha256 ${sha256.slice(0, 12)})`,
  };
}

async function requireReadable({ file, name }: Job['job']): Promise<void> {
  const { size } = await stat(file);
  if (size > largestCheckpoint)
    throw new DataError(
      `--features ${name} should be weights of the FID Inception network, of at most `
        + `${largestCheckpoint} bytes, and has ${size}.`,
    );
}

async function checkReference({ reference, name }: Job['job'], dims: number): Promise<void> {
  if (reference === null) return;
  const given = await readGivenReference(reference.path, reference.name);
  const { length } = given.mean;
  if (length !== dims)
    throw new DataError(
      `--reference ${reference.name} should hold statistics of ${dims} features, those of ${name}, `
        + `and holds ${length}.`,
    );
  requireSound(given, reference.name);
}

async function dimsOf(
  network: string,
  { shape, name }: Job['job'],
  { threads }: EvaluationContext,
): Promise<number> {
  // whose rounding is known; another provider is held against it when it is used
  const runtime = createOnnxRuntime(threads, ['cpu']);
  try {
    return await (await openFeatureNetwork(network, runtime, name)).check(shape as unknown as ImageSides);
  } catch (error) {
    throw new DataError(
      `--features ${name} is no network for images of shape [${shape}]: ${(error as Error).message}`,
    );
  } finally {
    await runtime.release();
  }
}
