/** A training with its graph loaded and its data in place, kept from one segment to the next. */
import { readFile } from 'node:fs/promises';
import { decodeSafetensors } from '../../activities/safetensors.ts';
import type { ComputeJobs } from '../../activities/ports.ts';
import { createTraining } from '../../models/fce/create-training.ts';
import { noSamples } from '../../models/fce/held-out-distance.ts';
import { emptyParts } from '../../models/fce/micro-batch.ts';
import type { Training } from '../../models/fce/training.ts';
import type { Session } from '../../models/graph/program.ts';
import type { Values } from '../../models/tensors.ts';
import type { JobContext } from './serve.ts';
import { openSessionIn } from './replay-session.ts';
import { shardsOf } from './shards.ts';
import { heldOutCount, trainingData, type DataFile } from './training-data.ts';

export interface OpenTraining {
  readonly training: Training;
  readonly session: Session;
  readonly data: Values;
}

let open: { readonly key: string; readonly value: OpenTraining } | null = null;

/** The graph does not depend on the checkpoint, seed or learning-rate scale: those are assigned and fed. */
export async function openTraining(job: ComputeJobs['train-segment']['job'], context: JobContext): Promise<OpenTraining> {
  const { spec } = job;
  const key = JSON.stringify([spec.config, spec.models, spec.dataset]);
  if (open?.key === key) return open.value;
  open?.value.session.dispose();
  open = null;
  const value = await load(job, context);
  open = { key, value };
  return value;
}

async function load({ spec, files }: ComputeJobs['train-segment']['job'], context: JobContext): Promise<OpenTraining> {
  const progress = { training: spec.training, done: 0, total: 1 };
  context.onProgress({ phase: 'loading', ...progress });
  const read = async (path: string): Promise<DataFile> => ({ path, content: decodeSafetensors(await readFile(path), path) });
  const data = { train: await read(files.train), test: await read(files.test) };
  const form = { shape: spec.dataset.shape, count: data.train.content.arrays.x!.shape[0]! };
  const config = { ...spec.config, shards: shardsOf(spec.config, spec.dataset.shape, context.threads) };
  const training = createTraining(config, spec.models, form, heldOutCount(spec.config, data));
  context.onProgress({ phase: 'recording', ...progress });
  // in the job's own folder: a process that is killed while it loads leaves nothing elsewhere
  const session = await openSessionIn(context.scratch, training.program);
  const values = trainingData(training, data);
  session.assign({ ...values, ...emptyParts(training.players, training.config), ...noSamples(training) });
  return { training, session, data: values.data! };
}
