/** A training with its graph loaded and its data in place, kept from one segment to the next. */
import { readFile } from 'node:fs/promises';
import { decodeSafetensors } from '../../activities/safetensors.ts';
import type { ComputeJobs } from '../../activities/ports.ts';
import { createTraining, type Training } from '../../models/fce/create-training.ts';
import { emptyParts } from '../../models/fce/micro-batch.ts';
import type { Session } from '../../models/graph/program.ts';
import type { Values } from '../../models/tensors.ts';
import type { JobContext } from './serve.ts';
import { openSession } from './replay-session.ts';

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
  const train = decodeSafetensors(await readFile(files.train), files.train).arrays.x!;
  const test = decodeSafetensors(await readFile(files.test), files.test).arrays;
  const form = { shape: spec.dataset.shape, count: train.shape[0]! };
  const training = createTraining(spec.config, spec.models, form, test.logDensity?.shape[0] ?? 0);
  context.onProgress({ phase: 'recording', ...progress });
  const session = openSession(training.program);
  session.assign({
    data: train.values,
    ...emptyParts(training.players, training.config),
    ...(test.logDensity && { 'probe.x': test.x!.values, 'probe.logDensity': test.logDensity.values }),
  });
  return { training, session, data: train.values };
}
