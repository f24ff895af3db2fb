/** Exported models scored by onnxruntime: references in, metrics and references out. */
import type { Salted } from './contracts/artifact.ts';
import type {
  DensityRequest,
  EvaluationRequest,
  EvaluationResult,
  ImagesRequest,
} from './contracts/evaluation.ts';
import { cachedStep } from './step/cached-step.ts';
import type { EvaluationOutput, FeatureFiles } from './ports/compute.ts';
import type { Ports } from './ports/ports.ts';
import { keepAll, pathsOf, resolvedThreads, runJob } from './step/run-job.ts';
import { evaluationSchema } from './config/experiment-sections.ts';
import type { ActivityScope } from './step/heartbeat.ts';

type Output = Pick<EvaluationResult, 'results' | 'files' | 'executionProvider'>;

export async function evaluateDensity(
  ports: Ports,
  { salt, ...asked }: Salted<DensityRequest>,
  scope: ActivityScope,
): Promise<EvaluationResult> {
  const request = completed(asked);
  const threads = resolvedThreads(request.threads);
  return cachedStep(
    ports,
    { activity: 'evaluate-density', spec: request, threads, salt },
    scope,
    async () => {
      const job = { ...(await jobOf(ports, request)), density: request.density };
      return runJob(ports, 'evaluate-density', job, threads, scope, (output) => kept(ports, output));
    },
  );
}

export async function evaluateImages(
  ports: Ports,
  { salt, ...asked }: Salted<ImagesRequest>,
  scope: ActivityScope,
): Promise<EvaluationResult> {
  const request = completed(asked);
  const threads = resolvedThreads(request.threads);
  return cachedStep(ports, { activity: 'evaluate-images', spec: request, threads, salt }, scope, async () => {
    const {
      dataset: { train, shape },
      features,
    } = request;
    const job = {
      ...(await jobOf(ports, request)),
      train: await ports.store.path(train),
      shape,
      features: features && (await filesOf(ports, features)),
    };
    return runJob(ports, 'evaluate-images', job, threads, scope, async (output) => {
      const own = await kept(ports, output);
      return features === null
        ? own
        : {
            ...own,
            files: {
              ...own.files,
              'statistics-train.npz': features.against.train,
              'statistics-test.npz': features.against.test,
            },
          };
    });
  });
}

/** A run that began before a setting existed goes on with its default. */
const completed = <R extends EvaluationRequest>(request: R): R => ({
  ...request,
  evaluation: evaluationSchema.parse(request.evaluation),
});

async function filesOf(
  { store }: Ports,
  { network, label, fid, against, reference }: NonNullable<ImagesRequest['features']>,
): Promise<FeatureFiles> {
  return {
    network: await store.path(network),
    label,
    fid,
    train: await store.path(against.train),
    test: await store.path(against.test),
    given: reference && { path: await store.path(reference.file), name: reference.name },
  };
}

async function jobOf(ports: Ports, { evaluation, seed, dataset, models, samplers }: EvaluationRequest) {
  return {
    evaluation,
    seed,
    test: await ports.store.path(dataset.test),
    models: await pathsOf(ports, models),
    samplers: await pathsOf(ports, samplers),
  };
}

async function kept(ports: Ports, { results, files, executionProvider }: EvaluationOutput): Promise<Output> {
  return { results: writable(results), files: await keepAll(ports, files), executionProvider };
}

/** JSON has no number for what is not finite: it is kept by its name. */
const writable = (results: EvaluationOutput['results']): EvaluationOutput['results'] =>
  Object.fromEntries(
    Object.entries(results).map(([name, value]) => [
      name,
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ]),
  );
