/** In which network's features images are compared: the one given on the command line, or a classifier the run trains for it. */
import type { ArtifactRef, ImagesRequest } from '../activities/contracts.ts';
import type { RunBook } from './run-book.ts';
import { runBaseline } from './run-training.ts';

/** A history from before there was such a section has none. */
export const trainsFeatureNetwork = ({ request: { config, features } }: RunBook): boolean => features === null && Boolean(config.featureNetwork);

/** One that gives up leaves the run without distances; the record says so. */
export const trainFeatureNetwork = (book: RunBook): Promise<void> => runBaseline(book, 'features', book.request.config.featureNetwork);

/** `given`: from the command line. */
export function featureNetworkOf(book: RunBook, given: ArtifactRef | null): Pick<ImagesRequest, 'features' | 'featuresName'> {
  const { models, trainings, dataset, request } = book.snapshot();
  if (given !== null) return { features: given, featuresName: request.features?.split('/').at(-1) };
  const trained = models.features?.features;
  const { featureNetwork } = request.config;
  if (trained === undefined || !featureNetwork) return { features: null };
  const percent = 100 * trainings.features!.last['accuracy.heldOut']!;
  const seen = Math.min(featureNetwork.heldOutImages, dataset!.testCount);
  return { features: trained, featuresName: `${request.config.dataset.kind} classifier, ${percent.toFixed(1)} % of ${seen} held-out images right` };
}
