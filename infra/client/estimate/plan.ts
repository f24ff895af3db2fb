/** What a run will train and keep, read from its request alone: trainings in their order, sizes, memory and
 *  disk. */
import { availableParallelism } from 'node:os';
import type { TrainingConfig } from '../../../activities/config/experiment-config.ts';
import type { StageName, TrainingName } from '../../../activities/contracts/names.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { TrainingSpec } from '../../../activities/contracts/training.ts';
import { openImages } from '../../../activities/datasets/open-images.ts';
import { trainingSize, type TrainingSize } from '../../../models/fce/training-size.ts';
import { boundariesTo } from '../../../workflows/training/segments.ts';
import { expectedOfTraining, expectedState, type TrainingMemory } from '../../compute/expected-memory.ts';
import { shardsOf } from '../../compute/shards.ts';
import { setUpOrNull } from '../../setup/setup-state.ts';

export interface PlannedTraining {
  readonly name: TrainingName;
  readonly stage: StageName;
  readonly config: TrainingConfig;
  /** null: of its own section. */
  readonly models: TrainingSpec['models'];
  /** Updates that this run makes, and the segments they are cut into. */
  readonly updates: number;
  readonly segments: number;
  readonly size: TrainingSize;
  readonly memory: TrainingMemory;
  /** Its updates are left to measured time: they take as long as the contrast's, and stand here as many as
   *  those. */
  readonly timed?: true;
}

export interface DataSize {
  readonly shape: readonly number[];
  /** Of the prepared files. */
  readonly trainBytes: number;
  readonly testBytes: number;
  readonly testCount: number;
}

export interface RunPlan {
  readonly data: DataSize;
  readonly trainings: readonly PlannedTraining[];
  readonly disk: DiskPlan;
}

/** Bytes. */
export interface DiskPlan {
  readonly data: number;
  /** Those kept at once, and one in the making. */
  readonly checkpoints: number;
  readonly models: number;
  readonly others: number;
  readonly total: number;
}

/** Report, pictures, statistics of features, metrics. */
const others = 50e6;

/** `prepared`: the data set's real size, where it is known. Throws what its reader throws. */
export async function planOf(request: RunRequest, prepared: DataSize | null = null): Promise<RunPlan> {
  const data = prepared ?? (await dataSizeOf(request));
  const trainings = listed(request).map(([name, stage, config]): PlannedTraining => {
    const models = haveTheirOwn.has(name) ? null : request.config.models;
    const cuts = boundariesTo(name === 'contrast' ? request.until : undefined, config);
    const place = trainingPlace(config, data.shape, request.config.compute.threads);
    const spec = { config, models, dataset: { shape: data.shape } } as unknown as TrainingSpec;
    return {
      name,
      stage,
      config,
      models,
      ...(name === 'control'
        && request.config.baselines.control?.updates === null && { timed: true as const }),
      updates: cuts.at(-1)!,
      segments: cuts.length - 1,
      size: trainingSize(config, models, data.shape),
      memory: expectedOfTraining(spec, { train: data.trainBytes, test: data.testBytes }, place),
    };
  });
  return { data, trainings, disk: diskOf(trainings, data) };
}

/** As a worker on this machine has it. */
export function trainingPlace(
  config: TrainingConfig,
  shape: readonly number[],
  threads: number,
): { readonly shards: number; readonly gpu: boolean } {
  const gpu = setUpOrNull()?.tensorflow.gpu === true;
  return { shards: shardsOf(config, shape, threads === 0 ? availableParallelism() : threads, gpu), gpu };
}

/** Trainings whose model is part of their own section. */
const haveTheirOwn: ReadonlySet<TrainingName> = new Set(['vae', 'dcgan', 'features']);

/** In the order in which they begin. */
function listed({
  config,
  features,
  withoutBaselines,
}: RunRequest): [TrainingName, StageName, TrainingConfig][] {
  const {
    baselines: { flowMle, nceStandard, nceMatched, vae, dcgan, control },
    featureNetwork,
    pretrain,
    contrast,
  } = config;
  const compared = {
    'flow-mle': flowMle,
    'nce-standard': nceStandard,
    'nce-matched': nceMatched,
    vae,
    dcgan,
  };
  // until it is measured as long as the contrast
  const timed = control && { ...control, updates: control.updates ?? contrast.updates };
  const all: [TrainingName, StageName, TrainingConfig | null][] = [
    ...(withoutBaselines
      ? []
      : Object.entries(compared).map(([name, one]): [TrainingName, StageName, TrainingConfig | null] => [
          name as TrainingName,
          'baselines',
          one,
        ])),
    ['features', 'features', features === null ? featureNetwork : null],
    ['pretrain', 'pretrain', pretrain],
    ['contrast', 'contrast', contrast],
    ['control', 'control', withoutBaselines ? null : timed],
  ];
  return all.filter((one): one is [TrainingName, StageName, TrainingConfig] => one[2] !== null);
}

/** Before anything is prepared: points of four bytes a number, and of images a byte a number and four a
 *  label. */
async function dataSizeOf({ config: { dataset }, dataDir }: RunRequest): Promise<DataSize> {
  if (dataset.kind === 'toy') {
    const { trainCount, testCount } = dataset;
    return { shape: [2], trainBytes: 8 * trainCount, testBytes: 12 * testCount, testCount };
  }
  const { shape, train, test, close } = await openImages(dataset, dataDir);
  close?.();
  const bytes = shape.reduce((a, b) => a * b, 1) + 4;
  return { shape, trainBytes: bytes * train.count, testBytes: bytes * test.count, testCount: test.count };
}

/** A checkpoint in the making stands in the job's folder and, for a moment, in the store's. */
function diskOf(trainings: readonly PlannedTraining[], data: DataSize): DiskPlan {
  const states = trainings.map(({ size }) => expectedState(size));
  const checkpoints =
    trainings.reduce((sum, training, i) => sum + keptOf(training) * states[i]!, 0)
    + 2 * Math.max(0, ...states);
  const models = trainings.reduce((sum, { size }) => sum + onnxBytes(size), 0);
  const dataBytes = data.trainBytes + data.testBytes;
  return { data: dataBytes, checkpoints, models, others, total: dataBytes + checkpoints + models + others };
}

/** Checkpoints of a training that stay until the run has ended. Without such a setting all do. */
function keptOf({ config, segments }: PlannedTraining): number {
  const { checkpoints } = config as {
    readonly checkpoints?: { readonly keep: number; readonly every: number | null };
  };
  if (checkpoints === undefined) return segments;
  // those that rollbacks may go back to stay too
  const kept = checkpoints.keep + config.recovery.maxRollbacks + 1;
  return Math.min(
    segments,
    kept + (checkpoints.every === null ? 0 : Math.floor(segments / checkpoints.every)),
  );
}

/** A flow is in two files, each beside a copy that names the run; an EBM in one, with its reference. */
const onnxBytes = ({ players, reference }: TrainingSize): number =>
  4
  * 2
  * (Object.entries(players).reduce((sum, [name, params]) => sum + (name === 'flow' ? 2 : 1) * params, 0)
    + reference);
