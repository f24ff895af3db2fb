/** Evaluation of exported models, on a task queue of its own: references in, metrics out.
 *  The statistics of the data are found once for all runs with the same data and network. */
import type { DatasetConfig } from '../../activities/config/dataset-config.ts';
import type { ArtifactRef } from '../../activities/contracts/artifact.ts';
import type {
  EvaluationRequest,
  EvaluationResult,
  ExportedModels,
  FeatureNetwork,
} from '../../activities/contracts/evaluation.ts';
import type { TrainingName } from '../../activities/contracts/names.ts';
import type { RunSnapshot } from '../../activities/contracts/run.ts';
import { comparedWith } from '../training/feature-network.ts';
import { evaluateDensity, evaluateImages } from '../shared/proxies.ts';
import { saltOfContrast } from '../training/run-training.ts';
import type { RunState } from '../shared/run-state.ts';

export async function evaluate(state: RunState, features: FeatureNetwork | null): Promise<EvaluationResult> {
  const { dataset, seed, evaluation, compute } = state.request.config;
  const known = state.snapshot();
  const { train, test, shape } = known.dataset!;
  const request: EvaluationRequest = {
    evaluation,
    seed,
    threads: compute.threads,
    dataset: { train, test, shape },
    ...comparedIn(known, dataset.kind),
  };
  const salt = saltOfContrast(state);
  return dataset.kind === 'toy'
    ? evaluateDensity({ ...request, salt, density: dataset.density })
    : evaluateImages({ ...request, salt, features: await comparedWith(state, features) });
}

/** Which model is shown under which name. `flowMle` is the flow before the contrast on images, the baseline
 *  in two dimensions; `flowInitial` is the one that was given: who trained it, and how, is not for us to
 *  say. */
function comparedIn(
  { models }: RunSnapshot,
  kind: DatasetConfig['kind'],
): Pick<EvaluationRequest, 'models' | 'samplers'> {
  const byMle: readonly TrainingName[] = kind === 'toy' ? ['flow-mle', 'pretrain'] : ['pretrain', 'flow-mle'];
  const mle = models[byMle[0]!] ?? models[byMle[1]!];
  return {
    models: present({
      flowInitial: models['initial-flow']?.flowLogProb,
      flowMle: mle?.flowLogProb,
      flowFce: models.contrast?.flowLogProb,
      flowControl: models.control?.flowLogProb,
      ebmFce: models.contrast?.ebm,
      ebmNceStandard: models['nce-standard']?.ebm,
      ebmNceMatched: models['nce-matched']?.ebm,
    }),
    samplers: present({
      flowInitial: models['initial-flow']?.flowSample,
      flowMle: mle?.flowSample,
      flowFce: models.contrast?.flowSample,
      flowControl: models.control?.flowSample,
      vae: models.vae?.sampler,
      dcgan: models.dcgan?.sampler,
    }),
  };
}

function present(models: Readonly<Record<string, ExportedModels['ebm']>>): Record<string, ArtifactRef> {
  return Object.fromEntries(
    Object.entries(models).flatMap(([name, ref]) => (ref === undefined ? [] : [[name, ref]])),
  );
}
