/** The job `feature-statistics`: a set of images in a network's features, as a file that runs with the same
 *  images and network share. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../../activities/ports/compute.ts';
import { meter, type EvaluationContext } from './batches.ts';
import { openFeatureNetwork } from './feature-network.ts';
import type { ImageSides } from './image-job.ts';
import { openStoredImages } from './images.ts';
import { createOnnxRuntime } from './onnx-runtime.ts';
import { writeReference } from './reference-file.ts';

type Job = ComputeJobs['feature-statistics'];

export async function featureStatistics(
  { images: path, shape, network: file, label, batchSize }: Job['job'],
  context: EvaluationContext,
): Promise<Job['result']> {
  const images = openStoredImages(path, shape);
  const runtime = createOnnxRuntime(context.threads);
  try {
    const network = await openFeatureNetwork(file, runtime, label);
    const progress = meter('features', images.count, context);
    const { statistics, rows } = await network.features(
      images,
      shape as unknown as ImageSides,
      batchSize,
      progress,
    );
    const written = join(context.scratch, 'statistics.npz');
    await writeReference(written, statistics, rows);
    return { statistics: written, count: statistics.count, dims: statistics.mean.length };
  } finally {
    images.close();
    await runtime.release();
  }
}
