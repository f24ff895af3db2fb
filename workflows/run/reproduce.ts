/** The whole pipeline, once through: data prepared, flow and energy-based model trained, exported, scored and shown. */
import type { FeatureNetwork, InitialFlow } from '../../activities/contracts/evaluation.ts';
import type { RunRequest } from '../../activities/contracts/run.ts';
import { runControl } from '../training/control.ts';
import { evaluate } from './evaluate.ts';
import { trainFeatureNetwork, trainsFeatureNetwork } from '../training/feature-network.ts';
import { hear } from '../training/receive-commands.ts';
import { exportModels, prepareDataset, prepareFeatures, prepareInitialFlow, writeReport } from '../shared/proxies.ts';
import { now, openBook, type RunBook } from '../shared/run-state.ts';
import { modelsFor, runBaseline, runTraining, saltOf, saltOfContrast } from '../training/run-training.ts';
import { tell } from './run-stages.ts';

export interface RunOutcome {
  readonly runId: string;
  readonly results: Readonly<Record<string, number | string>>;
}

/** Throws ApplicationFailure under the name of what failed (`GaveUp`, `BadInput` ...), with the run's decisions in its details. */
export async function reproduce(request: RunRequest): Promise<RunOutcome> {
  const book = openBook(request);
  hear(book);
  const { pretrain, contrast } = request.config;
  const { control, ...others } = request.withoutBaselines ? {} : request.config.baselines;
  await tell(book, async ({ stage, beside }) => {
    const { features, initialFlow } = await stage('prepare', () => prepare(book));
    const compared = Object.values(others).some(Boolean) ? beside('baselines', () => trainBaselines(book)) : null;
    const network = trainsFeatureNetwork(book) ? beside('features', () => trainFeatureNetwork(book)) : null;
    const pretrained = pretrain ? await stage('pretrain', () => runTraining(book, 'pretrain', pretrain, null)) : initialFlow;
    const contrasted = await stage('contrast', () => runTraining(book, 'contrast', contrast, pretrained, request.until));
    // On the main line, after the contrast: neither has the other's company, and their times can be compared.
    if (control) await stage('control', () => runControl(book, control, pretrained, contrasted));
    await Promise.all([compared, network]);
    await stage('export', () => exportTrained(book));
    await stage('evaluate', async () => book.note({ evaluation: await evaluate(book, features) }));
    await stage('report', () => writeReport({ ...book.snapshot(), status: 'completed', finishedAt: now() }));
  });
  return { runId: request.runId, results: book.snapshot().evaluation!.results };
}

interface Prepared {
  /** null where none was given. */
  readonly features: FeatureNetwork | null;
  readonly initialFlow: InitialFlow | null;
}

async function prepare(book: RunBook): Promise<Prepared> {
  const { config: { dataset, seed, evaluation, compute: { threads } }, dataDir, features: file, reference = null } = book.request;
  const salt = saltOf(book);
  const prepared = await prepareDataset({ dataset, dataDir, seed, salt });
  book.note({ dataset: prepared });
  for (const note of prepared.notes ?? []) book.decide({ at: now(), ...note });
  const initialFlow = await givenFlow(book);
  if (file === null) return { features: null, initialFlow };
  const { shape, trainCount } = prepared;
  const features = await prepareFeatures({ file, reference, shape, samples: evaluation.samples, trainCount, threads, salt });
  return { features, initialFlow };
}

/** The flow that takes a pretraining's place, where one was given. */
async function givenFlow(book: RunBook): Promise<InitialFlow | null> {
  const { initialFlow: given, config: { models: { flow }, compute: { threads } } } = book.request;
  if (given === undefined) return null;
  const initialFlow = await prepareInitialFlow({ ...given, flow, shape: book.snapshot().dataset!.shape, threads, salt: saltOf(book) });
  book.note({ initialFlow });
  return initialFlow;
}

async function trainBaselines(book: RunBook): Promise<void> {
  const { flowMle, nceStandard, nceMatched, vae, dcgan } = book.request.config.baselines;
  await Promise.all([
    runBaseline(book, 'flow-mle', flowMle),
    runBaseline(book, 'nce-standard', nceStandard),
    runBaseline(book, 'nce-matched', nceMatched),
    runBaseline(book, 'vae', vae),
    runBaseline(book, 'dcgan', dcgan),
  ]);
}

async function exportTrained(book: RunBook): Promise<void> {
  if (book.drawing !== null) await book.drawing;
  const { trainings, initialFlow, dataset, request: { runId, experiment, config } } = book.snapshot();
  const { models, compute } = config;
  const owner = { runId, experiment, config };
  const trained = Object.values(trainings).map(({ training, checkpoint }) => ({ training, checkpoint, models: modelsFor(training, models) }));
  const given = initialFlow ? [{ training: 'initial-flow' as const, checkpoint: initialFlow.checkpoint, models }] : [];
  const exported = await Promise.all([...trained, ...given].map(async (one) => [
    one.training, await exportModels({ ...one, shape: dataset!.shape, threads: compute.threads, owner, salt: saltOfContrast(book) })] as const));
  book.note({ models: Object.fromEntries(exported) });
}
