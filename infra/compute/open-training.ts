/** A training with its graph loaded and its data in place, kept from one segment to the next. */
import { SafetensorsFile } from '../../activities/formats/safetensors-file.ts';
import type { ComputeJobs } from '../../activities/ports/compute.ts';
import { createTraining, type CreatedTraining } from '../../models/create-training.ts';
import { noSamples } from '../../models/fce/held-out-distance.ts';
import { emptyParts } from '../../models/training/micro-batch.ts';
import type { Session } from '../../models/graph/program.ts';
import type { JobContext } from './serve.ts';
import { openSessionIn } from './replay-session.ts';
import { shardsOf } from './shards.ts';
import {
  heldOutCount,
  isFed,
  trainingData,
  trainingRows,
  type DataFiles,
  type TrainingRows,
} from './training-data.ts';

export interface OpenTraining {
  readonly training: CreatedTraining;
  readonly session: Session;
  /** The training set in its file: what the initialisation looks at, and what steps are fed where the set is
   *  no variable. */
  readonly data: TrainingRows;
}

let open: { readonly key: string; readonly value: OpenTraining; close(): void } | null = null;

/** The graph does not depend on the checkpoint, seed or learning-rate scale: those are assigned and fed.
 *  `mostInGraph`: bytes of images up to which they are a variable of the graph. */
export async function openTraining(
  job: ComputeJobs['train-segment']['job'],
  context: JobContext,
  mostInGraph?: number,
): Promise<OpenTraining> {
  const { spec, files } = job;
  const key = JSON.stringify([spec.config, spec.models, spec.dataset, mostInGraph]);
  if (open?.key === key && open.value.data.isAt(files.train)) return open.value;
  open?.close();
  open = null;
  const data: DataFiles = openFiles(files);
  try {
    const value = await load(job, data, context, mostInGraph);
    open = {
      key,
      value,
      close: () => {
        value.session.dispose();
        data.train.close();
      },
    };
    return value;
  } finally {
    data.test.close();
    if (open === null) data.train.close();
  }
}

/** Both, or none. */
function openFiles({ train: trainPath, test }: { readonly train: string; readonly test: string }): DataFiles {
  const train = new SafetensorsFile(trainPath);
  try {
    return { train, test: new SafetensorsFile(test) };
  } catch (error) {
    train.close();
    throw error;
  }
}

async function load(
  { spec }: ComputeJobs['train-segment']['job'],
  data: DataFiles,
  context: JobContext,
  mostInGraph?: number,
): Promise<OpenTraining> {
  const progress = { training: spec.training, done: 0, total: 1 };
  context.onProgress({ phase: 'loading', ...progress });
  const { shape } = spec.dataset;
  const form = { shape, count: data.train.arrays.x?.shape[0] ?? 0 };
  const config = { ...spec.config, shards: shardsOf(spec.config, shape, context.threads) };
  const training = createTraining(
    config,
    spec.models,
    { ...form, fed: isFed(form, mostInGraph) },
    heldOutCount(spec.config, data),
  );
  const rows = trainingRows(training, data.train, spec.dataset.train);
  context.onProgress({ phase: 'recording', ...progress });
  // in the job's own folder: a process that is killed while it loads leaves nothing elsewhere
  const onRecorded = (done: number): void =>
    context.onProgress({ phase: 'recording', training: spec.training, done, total: 0 });
  const session = await openSessionIn(context.scratch, training.program, onRecorded);
  session.assign({
    ...trainingData(training, data),
    ...emptyParts(training.players, training.config),
    ...noSamples(training),
  });
  return { training, session, data: rows };
}
