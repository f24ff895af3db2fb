/** How far the samples of each flow are from the training images, in the features of a given network. */
import type { ComputeJobs } from '../../../activities/ports.ts';
import type { FeatureStatistics } from '../../../models/metrics/feature-statistics.ts';
import { frechetDistance, requireEnoughSamples } from '../../../models/metrics/frechet.ts';
import { meter, type EvaluationContext } from './batches.ts';
import type { DrawnImages } from './draw-images.ts';
import { openFeatureNetwork } from './feature-network.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import { readImages } from './read-images.ts';

type Job = ComputeJobs['evaluate-images']['job'];

/** `frechet.<sampler>` against the training images; `frechet.network`, `.samples` and `.against` say what they are distances of. */
export async function scoreSamples(
  job: Job, drawn: Record<string, DrawnImages>, runtime: OnnxRuntime, context: EvaluationContext,
): Promise<Record<string, number | string>> {
  const { evaluation: { samples, batchSize }, features, featuresName } = job;
  const shape = job.shape as [number, number, number];
  const network = await openFeatureNetwork(features!, featuresName, runtime);
  const train = await readImages(job.train);
  const trainCount = train.length / shape.reduce((a, b) => a * b, 1);
  const progress = meter('features', trainCount + samples * Object.keys(drawn).length, context);
  const ofSamples: Record<string, FeatureStatistics> = {};
  for (const [name, { bytes }] of Object.entries(drawn)) {
    ofSamples[name] = await network.statistics(bytes, shape, batchSize, progress);
    requireEnoughSamples(ofSamples[name], name); // before the many images of the training set
  }
  const ofTrain = await network.statistics(train, shape, batchSize, progress);
  const distances = Object.entries(ofSamples).map(([name, statistics]) => [`frechet.${name}`, frechetDistance(ofTrain, statistics)]);
  return {
    'frechet.network': network.label, 'frechet.samples': samples, 'frechet.against': `train, ${trainCount} images`, ...Object.fromEntries(distances),
  };
}
