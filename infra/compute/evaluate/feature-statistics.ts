/** The job `feature-statistics`: a set of images in a network's features, as a file that runs with the same images and network share. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { openFeatureNetwork } from './feature-network.ts';
import { sizeOf, type ImageShape } from './image-job.ts';
import { createOnnxRuntime } from './onnx-runtime.ts';
import { readImages } from './read-images.ts';
import { writeReference } from './reference-file.ts';

type Job = ComputeJobs['feature-statistics'];

export async function featureStatistics({ images: path, shape, network: file, batchSize }: Job['job'], context: EvaluationContext): Promise<Job['result']> {
  const runtime = createOnnxRuntime(context.threads);
  try {
    const images = await readImages(path);
    const network = await openFeatureNetwork(file, runtime);
    const progress = meter('features', images.length / sizeOf(shape), context);
    const { statistics, rows } = await network.features(images, shape as unknown as ImageShape, batchSize, progress);
    const written = join(context.scratch, 'statistics.npz');
    await writeReference(written, statistics, rows);
    return { statistics: written, count: statistics.count, dims: statistics.mean.length };
  } finally {
    await runtime.release();
  }
}
