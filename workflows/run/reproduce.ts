/** The whole pipeline, once through: data prepared, flow and energy-based model trained, exported, scored and
 *  shown. */
import type { FeatureNetwork, InitialFlow } from '../../activities/contracts/evaluation.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { runControl } from '../training/control.ts';
import { evaluate } from './evaluate.ts';
import { trainFeatureNetwork, trainsFeatureNetwork } from '../training/feature-network.ts';
import { receiveCommands } from '../training/receive-commands.ts';
import {
  exportModels,
  prepareDataset,
  prepareFeatures,
  prepareInitialFlow,
  writeReport,
} from '../shared/proxies.ts';
import { workflowNow, openRunState, type RunState } from '../shared/run-state.ts';
import { modelsFor, runBaseline, runTraining, saltOf, saltOfContrast } from '../training/run-training.ts';
import { tell } from './run-stages.ts';

export interface RunOutcome {
  readonly runId: string;
  readonly results: Readonly<Record<string, number | string>>;
}

/** Throws ApplicationFailure under the name of what failed (`GaveUp`, `BadInput` ...), with the run's
 *  decisions in its details. */
export async function reproduce(request: RunRequest): Promise<RunOutcome> {
  const state = openRunState(request);
  receiveCommands(state);
  const { pretrain, contrast } = request.config;
  const { control, ...others } = request.withoutBaselines ? {} : request.config.baselines;
  await tell(state, async ({ stage, beside }) => {
    const { features, initialFlow } = await stage('prepare', () => prepare(state));
    const compared = Object.values(others).some(Boolean)
      ? beside('baselines', () => trainBaselines(state))
      : null;
    const network = trainsFeatureNetwork(state) ? beside('features', () => trainFeatureNetwork(state)) : null;
    const pretrained = pretrain
      ? await stage('pretrain', () => runTraining(state, 'pretrain', pretrain, null))
      : initialFlow;
    const contrasted = await stage('contrast', () =>
      runTraining(state, 'contrast', contrast, pretrained, request.until),
    );
    // On the main line, after the contrast: neither has the other's company, and their times can be compared.
    if (control) await stage('control', () => runControl(state, control, pretrained, contrasted));
    await Promise.all([compared, network]);
    await stage('export', () => exportTrained(state));
    await stage('evaluate', async () => state.note({ evaluation: await evaluate(state, features) }));
    await stage('report', () =>
      writeReport({ ...state.snapshot(), status: 'completed', finishedAt: workflowNow() }),
    );
  });
  return { runId: request.runId, results: state.snapshot().evaluation!.results };
}

interface Prepared {
  /** null where none was given. */
  readonly features: FeatureNetwork | null;
  readonly initialFlow: InitialFlow | null;
}

async function prepare(state: RunState): Promise<Prepared> {
  const {
    config: {
      dataset,
      seed,
      evaluation,
      compute: { threads },
    },
    dataDir,
    features: file,
    reference = null,
  } = state.request;
  const salt = saltOf(state);
  const prepared = await prepareDataset({ dataset, dataDir, seed, salt });
  state.note({ dataset: prepared });
  for (const note of prepared.notes ?? []) state.decide({ at: workflowNow(), ...note });
  const initialFlow = await givenFlow(state);
  if (file === null) return { features: null, initialFlow };
  const { shape, trainCount } = prepared;
  const features = await prepareFeatures({
    file,
    reference,
    shape,
    samples: evaluation.samples,
    trainCount,
    threads,
    salt,
  });
  return { features, initialFlow };
}

/** The flow that takes a pretraining's place, where one was given. */
async function givenFlow(state: RunState): Promise<InitialFlow | null> {
  const {
    initialFlow: given,
    config: {
      models: { flow },
      compute: { threads },
    },
  } = state.request;
  if (given === undefined) return null;
  const initialFlow = await prepareInitialFlow({
    ...given,
    flow,
    shape: state.snapshot().dataset!.shape,
    threads,
    salt: saltOf(state),
  });
  state.note({ initialFlow });
  return initialFlow;
}

async function trainBaselines(state: RunState): Promise<void> {
  const { flowMle, nceStandard, nceMatched, vae, dcgan } = state.request.config.baselines;
  await Promise.all([
    runBaseline(state, 'flow-mle', flowMle),
    runBaseline(state, 'nce-standard', nceStandard),
    runBaseline(state, 'nce-matched', nceMatched),
    runBaseline(state, 'vae', vae),
    runBaseline(state, 'dcgan', dcgan),
  ]);
}

async function exportTrained(state: RunState): Promise<void> {
  if (state.drawing !== null) await state.drawing;
  const {
    trainings,
    initialFlow,
    dataset,
    request: { runId, experiment, config },
  } = state.snapshot();
  const { models, compute } = config;
  const owner = { runId, experiment, config };
  const trained = Object.values(trainings).map(({ training, checkpoint }) => ({
    training,
    checkpoint,
    models: modelsFor(training, models),
  }));
  const given = initialFlow
    ? [{ training: 'initial-flow' as const, checkpoint: initialFlow.checkpoint, models }]
    : [];
  const exported = await Promise.all(
    [...trained, ...given].map(
      async (one) =>
        [
          one.training,
          await exportModels({
            ...one,
            shape: dataset!.shape,
            threads: compute.threads,
            owner,
            salt: saltOfContrast(state),
          }),
        ] as const,
    ),
  );
  state.note({ models: Object.fromEntries(exported) });
}
