/** What a run will take, before it begins: sizes and needs from its configuration, times from a few measured
 *  updates, the rest roughly from both. */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { TrainingConfig } from '../../../activities/config/experiment-config.ts';
import type { TrainingName } from '../../../activities/contracts/names.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { freeBytes } from '../../../activities/disk/free-bytes.ts';
import { prepareDataset } from '../../../activities/prepare-dataset.ts';
import type { Progress } from '../../../activities/ports/progress.ts';
import { resolvedThreads } from '../../../activities/step/run-job.ts';
import type { Load } from '../../../activities/sweep/contracts.ts';
import type { LocalPorts } from '../../worker/create-ports.ts';
import { configNotes } from '../runs/config-notes.ts';
import { foundTrainings, type FoundTraining } from './found.ts';
import { LoadMeter } from './load.ts';
import { measureTraining, type MeasuredTraining } from './measure.ts';
import { either, otherRuns } from './other-runs.ts';
import { planOf, type DataSize, type DiskPlan, type RunPlan, type PlannedTraining } from './plan.ts';
import { machineBudget, requireRoom } from './require-space.ts';

export interface StageEstimate {
  readonly name: string;
  readonly seconds: number;
  /** Extrapolated from other measurements, and not measured itself. */
  readonly rough: boolean;
  readonly updates: number | null;
  /** Of them, those that the store has already, and that take no time. */
  readonly found: number;
  /** Seconds, by whose move it is; null also where all updates are found. */
  readonly perUpdate: Readonly<Record<string, number>> | null;
  /** Host memory, bytes: by the model of it, and as its few updates were seen to take. */
  readonly expectedBytes: number | null;
  readonly seenBytes: number | null;
}

export interface Estimate {
  readonly experiment: string;
  readonly parameters: { readonly flow: number; readonly ebm: number };
  readonly stages: readonly StageEstimate[];
  /** From begin to end on this machine. The data set is prepared by then, and not counted. */
  readonly seconds: number;
  /** null: no price is given. */
  readonly cost: number | null;
  readonly memory: { readonly bytes: number; readonly budget: number };
  /** Of a GPU, bytes; null without one. */
  readonly gpuBytes: number | null;
  readonly disk: DiskPlan & { readonly free: number | null };
  /** What the measuring was beside. Nothing of it is kept for another estimate. */
  readonly load: Load;
  /** What its configuration asks for that is seldom meant, a sentence each. */
  readonly notes: readonly string[];
}

export interface Asked {
  readonly request: RunRequest;
  readonly out: string;
  readonly pricePerHour: number | null;
}

/** `say` is told what is measured and how far that is. Throws CounterflowError where memory or disk will not
 *  do, and what preparing or a training throws. */
export async function estimate(
  ports: LocalPorts,
  { request, out, pricePerHour }: Asked,
  signal: AbortSignal,
  say: (what: string, progress: Progress) => void,
): Promise<Estimate> {
  await requireRoom(await planOf(request), out);
  const { config, dataDir } = request;
  const scope = {
    signal,
    onProgress: (progress: Progress) => say('data set', progress),
    attempt: { workflowId: request.runId, activity: 'estimate', isAwaited: async () => true },
    waited: [],
  };
  const dataset = await prepareDataset(
    ports,
    { dataset: config.dataset, dataDir, seed: config.seed, salt: null },
    scope,
  );
  const plan = await planOf(request, await sizeOf(ports, dataset));
  const found = await foundTrainings(ports, request, dataset, plan.trainings);
  const measured: (MeasuredTraining | null)[] = [];
  const [meter, others] = [new LoadMeter(), await otherRuns(out, null)];
  for (const training of plan.trainings) {
    const seed = 'seed' in training.config ? training.config.seed : config.seed;
    measured.push(
      found.get(training.name)?.whole
        ? null
        : await measureTraining(
            ports,
            training,
            { seed, threads: config.compute.threads, dataset },
            signal,
            (progress) => say(training.name, progress),
          ),
    );
  }
  const load = meter.read(
    resolvedThreads(config.compute.threads),
    either(others, await otherRuns(out, null)),
  );
  return assembled({
    request,
    plan,
    measured,
    found,
    load,
    prepareSeconds: dataset.reused ? 0 : dataset.seconds,
    pricePerHour,
    free: await freeBytes(out),
  });
}

async function sizeOf(
  { store }: LocalPorts,
  { train, test, shape, testCount }: Awaited<ReturnType<typeof prepareDataset>>,
): Promise<DataSize> {
  return {
    shape,
    trainBytes: statSync(await store.path(train)).size,
    testBytes: statSync(await store.path(test)).size,
    testCount,
  };
}

interface Parts {
  readonly request: RunRequest;
  readonly plan: RunPlan;
  /** null: of what is found whole. */
  readonly measured: readonly (MeasuredTraining | null)[];
  readonly found: ReadonlyMap<TrainingName, FoundTraining>;
  readonly load: Load;
  readonly prepareSeconds: number;
  readonly pricePerHour: number | null;
  readonly free: number | null;
}

function assembled({
  request,
  plan,
  measured,
  found,
  load,
  prepareSeconds,
  pricePerHour,
  free,
}: Parts): Estimate {
  const plain = (name: string, seconds: number, isRough: boolean): StageEstimate => ({
    name,
    seconds,
    rough: isRough,
    updates: null,
    found: 0,
    perUpdate: null,
    expectedBytes: null,
    seenBytes: null,
  });
  const contrast = plan.trainings.findIndex(({ name }) => name === 'contrast');
  const contrastSeconds = updateSecondsOf(
    plan.trainings[contrast]!,
    measured[contrast]!,
    found.get('contrast'),
  );
  const trainings = plan.trainings.map((training, i) =>
    stageOf(training, measured[i]!, found.get(training.name), contrastSeconds),
  );
  const all = measured.filter((one) => one !== null);
  const stages = [
    plain('prepare', prepareSeconds, false),
    ...trainings,
    plain('export', exportSeconds(all), true),
    plain('evaluate', evaluationSeconds(request, plan, measured), true),
    plain('report', reportSeconds, true),
  ];
  const seconds = allTogether(request, plan, stages);
  const { flow = 0, ebm = 0 } = plan.trainings.find(({ name }) => name === 'contrast')!.size.players;
  const gpu = Math.max(...plan.trainings.map(({ memory }) => memory.device));
  return {
    experiment: request.experiment,
    parameters: { flow, ebm },
    stages,
    seconds,
    cost: pricePerHour === null ? null : (seconds / 3600) * pricePerHour,
    memory: {
      bytes: Math.max(
        ...trainings.map(({ expectedBytes, seenBytes }) => Math.max(expectedBytes!, seenBytes ?? 0)),
      ),
      budget: machineBudget().bytes,
    },
    gpuBytes: gpu === 0 ? null : gpu,
    disk: { ...plan.disk, free },
    load,
    notes: configNotes(request.config),
  };
}

/** `contrastSeconds`: of its updates, which a training takes too that is left to measured time. */
function stageOf(
  training: PlannedTraining,
  measured: MeasuredTraining | null,
  found: FoundTraining | undefined,
  contrastSeconds: number,
): StageEstimate {
  const { name, segments, memory, timed } = training;
  const about = { name, rough: false, found: found?.updates ?? 0, expectedBytes: memory.host };
  if (measured === null)
    return { ...about, seconds: 0, updates: about.found, perUpdate: null, seenBytes: null };
  const { perUpdate, startSeconds, segmentSeconds, peakBytes } = measured;
  const each = secondsOfEach(training, measured);
  const updates = timed
    ? (found?.chosen ?? Math.max(1, Math.round(contrastSeconds / each)))
    : training.updates;
  const left = 1 - about.found / updates;
  return {
    ...about,
    seconds: startSeconds + left * (updates * each + segments * segmentSeconds),
    updates,
    perUpdate,
    seenBytes: peakBytes,
  };
}

function secondsOfEach({ config, updates }: PlannedTraining, { perUpdate }: MeasuredTraining): number {
  const shares = sharesOf(config, updates);
  return Object.entries(perUpdate).reduce((sum, [move, seconds]) => sum + (shares[move] ?? 1) * seconds, 0);
}

/** Of found updates those that are recorded, of the others as measured. */
function updateSecondsOf(
  training: PlannedTraining,
  measured: MeasuredTraining | null,
  { updates, updateSeconds }: Pick<FoundTraining, 'updates' | 'updateSeconds'> = {
    updates: 0,
    updateSeconds: 0,
  },
): number {
  return (
    updateSeconds + (measured === null ? 0 : (training.updates - updates) * secondsOfEach(training, measured))
  );
}

/** Of the updates, whose move they are. Under a rule that looks at the course of the contrast, half each
 *  after the warm-up. */
function sharesOf(config: TrainingConfig, updates: number): Readonly<Record<string, number>> {
  if (config.method === 'gan') return { discriminator: 1 / 2, generator: 1 / 2 };
  if (config.method !== 'fce') return { all: 1 };
  const { turn, ebmWarmupUpdates } = config;
  const flow =
    ((turn.kind === 'ratio' ? turn.flow / (turn.ebm + turn.flow) : 1 / 2)
      * Math.max(0, updates - ebmWarmupUpdates))
    / updates;
  return { ebm: 1 - flow, flow };
}

/** Each training's models are recorded once more: as long as its start. */
const exportSeconds = (measured: readonly MeasuredTraining[]): number =>
  measured.reduce((sum, { startSeconds }) => sum + startSeconds, 0);

/** As was seen on 2 cores: of points, and of any report. */
const secondsForPoints = 20;
const reportSeconds = 2;

/** A pass forward is a third of an update of maximum likelihood. Test images pass each flow, samples are
 *  drawn from each sampler and pass a feature network as costly. */
function evaluationSeconds(
  { config: { evaluation } }: RunRequest,
  { data, trainings }: RunPlan,
  measured: readonly (MeasuredTraining | null)[],
): number {
  if (data.shape.length === 1) return secondsForPoints;
  const ofImage = Math.max(
    0,
    ...trainings.map(({ config }, i) =>
      measured[i] ? Math.min(...Object.values(measured[i].perUpdate)) / config.batchSize / 3 : 0,
    ),
  );
  const flows = trainings.filter(({ size }) => 'flow' in size.players).length;
  return (
    ofImage
    * (data.testCount * (flows + 2)
      + evaluation.samples * 2 * trainings.length
      + 2 * evaluation.importanceSamples)
  );
}

/** Baselines and the feature network share the cores with the main line; nothing is faster than the main line
 *  by itself, or than all work on all cores. */
function allTogether(
  { config: { compute } }: RunRequest,
  { trainings }: RunPlan,
  stages: readonly StageEstimate[],
): number {
  const cores = availableParallelism();
  const share = compute.threads === 0 ? 1 : Math.min(compute.threads, cores) / cores;
  const beside = new Set<string>(
    trainings.filter(({ stage }) => stage === 'baselines' || stage === 'features').map(({ name }) => name),
  );
  const sum = (list: readonly StageEstimate[]): number => list.reduce((all, { seconds }) => all + seconds, 0);
  const inTrainings = stages.filter(({ updates }) => updates !== null);
  return (
    sum(stages.filter(({ updates, name }) => updates === null && name !== 'prepare'))
    + Math.max(sum(inTrainings.filter(({ name }) => !beside.has(name))), share * sum(inTrainings))
  );
}
