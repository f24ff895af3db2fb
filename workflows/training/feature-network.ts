/** In which network's features images are compared: the one given on the command line, or a classifier the
 *  run trains for it. */
import type { FeatureNetwork, ImagesRequest } from '../../activities/contracts/evaluation.ts';
import type { RunState } from '../shared/run-state.ts';
import { featureStatistics } from '../shared/proxies.ts';
import { runBaseline, saltOf } from './run-training.ts';

/** A history from before there was such a section has none. */
export const trainsFeatureNetwork = ({ request: { config, features } }: RunState): boolean =>
  features === null && Boolean(config.featureNetwork);

/** One that gives up leaves the run without distances; the record says so. */
export const trainFeatureNetwork = (state: RunState): Promise<void> =>
  runBaseline(state, 'features', state.request.config.featureNetwork);

/** `given`: from the command line. */
function featureNetworkOf(state: RunState, given: FeatureNetwork | null): FeatureNetwork | null {
  const { models, trainings, dataset, request } = state.snapshot();
  if (given !== null) return given;
  const trained = models.features?.features;
  const { featureNetwork } = request.config;
  if (trained === undefined || !featureNetwork) return null;
  const percent = 100 * trainings.features!.last['accuracy.heldOut']!;
  const seen = Math.min(featureNetwork.heldOutImages, dataset!.testCount);
  const label =
    `${request.config.dataset.kind} classifier, ${percent.toFixed(1)} % of ${seen} held-out images `
    + `right (sha256 ${trained.sha256.slice(0, 12)})`;
  return { network: trained, label, fid: false, reference: null };
}

/** The network, with the statistics of training and test images in its features. */
export async function comparedWith(
  state: RunState,
  given: FeatureNetwork | null,
): Promise<ImagesRequest['features']> {
  const features = featureNetworkOf(state, given);
  if (features === null) return null;
  const { train, test, shape } = state.snapshot().dataset!;
  const {
    evaluation: { batchSize },
    compute: { threads },
  } = state.request.config;
  const { network, label, fid, reference } = features;
  const [ofTrain, ofTest] = await Promise.all(
    [train, test].map((images) =>
      featureStatistics({ images, network, label, shape, batchSize, threads, salt: saltOf(state) }),
    ),
  );
  return {
    network,
    label,
    fid,
    reference,
    against: { train: ofTrain!.statistics, test: ofTest!.statistics },
  };
}
