/** The job `export-models`: averaged weights of a checkpoint as ONNX files, recorded from the models' own
 *  functions. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../activities/ports/compute.ts';
import { writeScratch } from '../../activities/disk/scratch.ts';
import { classifierForwards } from '../../models/classifier/forwards.ts';
import { createEbm } from '../../models/ebm/create-ebm.ts';
import type { ModelsConfig } from '../../models/fce/config.ts';
import type { TrainingConfig } from '../../models/training-schema.ts';
import { createFlow } from '../../models/flow/flow.ts';
import { dcganForwards } from '../../models/gan/forwards.ts';
import { opset, type Metadata } from '../../models/graph/onnx-proto.ts';
import { toOnnx, type Forward } from '../../models/graph/onnx.ts';
import { below, namedParams, under, type Params } from '../../models/core/params.ts';
import { tf, type Tensors } from '../../models/core/tensors.ts';
import { vaeForwards } from '../../models/vae/forwards.ts';
import { withCheckpoint, type Checkpoint } from './checkpoint.ts';
import { ownVersion } from '../setup/package-version.ts';
import type { JobContext } from './serve.ts';

type Job = ComputeJobs['export-models'];

export const exportModels = (job: Job['job'], context: JobContext): Promise<Job['result']> =>
  withCheckpoint(job.checkpoint, null, (checkpoint) => exportFrom(checkpoint, job, context));

async function exportFrom(
  checkpoint: Checkpoint,
  job: Job['job'],
  context: JobContext,
): Promise<Job['result']> {
  const forwards = forwardsOf(job, checkpoint);
  const written: Record<string, string> = {};
  for (const [i, forward] of forwards.entries()) {
    context.onProgress({ phase: 'export', done: i, total: forwards.length });
    written[forward.name] = join(context.scratch, `${forward.name}.onnx`);
    await writeScratch(
      written[forward.name]!,
      toOnnx({ ...forward, metadata: metadataOf(forward, job, checkpoint), version: ownVersion }),
    );
  }
  const file = (...names: string[]): string | null =>
    names.map((name) => written[name]).find(Boolean) ?? null;
  return {
    flowLogProb: file('flow-log-prob'),
    flowSample: file('flow-sample'),
    ebm: file('ebm'),
    sampler: file('vae-sampler', 'dcgan-sampler'),
    features: file('classifier'),
  };
}

function forwardsOf({ models, shape, flowAlone }: Job['job'], checkpoint: Checkpoint): Forward[] {
  if (flowAlone) return flowForwards(models!, shape, checkpoint);
  const config = JSON.parse(checkpoint.metadata.config ?? '{}') as TrainingConfig;
  switch (config.method) {
    case 'vae':
      return vaeForwards(config, shape, checkpoint.arrays);
    case 'gan':
      return dcganForwards(config, shape, checkpoint.arrays);
    case 'classifier':
      return classifierForwards(config, shape, checkpoint.arrays);
    default:
      return [...flowForwards(models!, shape, checkpoint), ...ebmForwards(models!, shape, checkpoint)];
  }
}

/** What the weights came from. The run is none of it: its name is stamped on the copy in its own folder. */
function metadataOf(
  { name, inputs }: Forward,
  { metadata, models, shape }: Job['job'],
  checkpoint: Checkpoint,
): Metadata {
  return {
    ...metadata,
    model: name,
    opset: String(opset),
    models: JSON.stringify(models),
    training_configuration: checkpoint.metadata.config ?? '{}',
    units: 'log_prob and energy in nats',
    input: Object.entries(inputs)
      .map(([input, { shape: sizes }]) => `${input} [${sizes.join(', ')}]`)
      .join(', '),
    ...(shape.length === 3 && {
      pixels:
        'images' in inputs
          ? 'images = bytes, 0 to 255'
          : 'x = byte / 256 - 1/2 + u / 256, u uniform in [0, 1)',
    }),
  };
}

function flowForwards(models: ModelsConfig, shape: readonly number[], { arrays }: Checkpoint): Forward[] {
  if (arrays['flow.average'] === undefined) return [];
  const flow = createFlow(models.flow, shape);
  const weights = namedParams(flow.params, arrays['flow.average'].values);
  return [
    {
      name: 'flow-log-prob',
      weights,
      inputs: { x: { shape: ['batch', ...shape], dtype: 'float32' } },
      run(params, { x }) {
        const { z, logProb } = flow.encode(params, x!);
        return { log_prob: logProb, z };
      },
    },
    {
      name: 'flow-sample',
      weights: { ...weights, ...flow.freeze?.(weights) },
      inputs: { z: { shape: ['batch', flow.dim], dtype: 'float32' } },
      run(params, { z }) {
        const { x, logProb } = flow.sample(params, z!);
        return { x, log_prob: logProb };
      },
    },
  ];
}

/** The EBM as it was trained: where it is relative to a frozen flow, that flow is part of the file. */
function ebmForwards(
  models: ModelsConfig,
  shape: readonly number[],
  { arrays, metadata }: Checkpoint,
): Forward[] {
  if (arrays['ebm.average'] === undefined) return [];
  const ebm = createEbm(models.ebm, shape);
  const config = JSON.parse(metadata.config ?? '{}') as TrainingConfig;
  const relative = config.method === 'fce' && config.reference === 'pretrained';
  const flow = relative ? createFlow(models.flow, shape) : null;
  const reference = flow ? below('reference', namedParams(flow.params, arrays.reference!.values)) : {};
  const run = (params: Params, { x }: Tensors): Tensors => {
    const logProb = ebm.logProb(params, x!);
    const offset = flow ? flow.logProb(under(params, 'reference'), x!) : tf.scalar(0);
    return {
      energy: tf.sub(ebm.energy(params, x!), offset),
      log_prob: tf.add(logProb, offset),
      features: ebm.features(params, x!),
    };
  };
  const weights = { ...namedParams(ebm.params, arrays['ebm.average'].values), ...reference };
  return [{ name: 'ebm', weights, inputs: { x: { shape: ['batch', ...shape], dtype: 'float32' } }, run }];
}
