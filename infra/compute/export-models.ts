/** The job `export-models`: averaged weights of a checkpoint as ONNX files, recorded from the models' own
 *  functions. */
import { join } from 'node:path';
import type { ComputeJobs } from '../../activities/ports/compute.ts';
import { writeScratch } from '../../activities/disk/scratch.ts';
import { classifierForwards } from '../../models/classifier/forwards.ts';
import type { ModelsConfig } from '../../models/fce/config.ts';
import { ebmForward, flowForwards } from '../../models/fce/forwards.ts';
import type { TrainingConfig } from '../../models/training-schema.ts';
import { dcganForwards } from '../../models/gan/forwards.ts';
import { opset, type Metadata } from '../../models/graph/onnx-proto.ts';
import { toOnnx, type Forward } from '../../models/graph/onnx.ts';
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
  const { arrays } = checkpoint;
  const flow = arrays['flow.average']
    ? flowForwards(models!, shape, valuesOf(checkpoint, 'flow.average'))
    : [];
  if (flowAlone) return flow;
  const config = JSON.parse(checkpoint.metadata.config ?? '{}') as TrainingConfig;
  switch (config.method) {
    case 'vae':
      return vaeForwards(config, shape, checkpoint.arrays);
    case 'gan':
      return dcganForwards(config, shape, checkpoint.arrays);
    case 'classifier':
      return classifierForwards(config, shape, checkpoint.arrays);
    default:
      return arrays['ebm.average'] ? [...flow, ebmOf(config, models!, shape, checkpoint)] : flow;
  }
}

/** The EBM as it was trained: relative to the frozen flow, where it was. */
function ebmOf(
  config: Exclude<TrainingConfig, { method: 'vae' | 'gan' | 'classifier' }>,
  models: ModelsConfig,
  shape: readonly number[],
  checkpoint: Checkpoint,
): Forward {
  const isRelative = config.method === 'fce' && config.reference === 'pretrained';
  const reference = isRelative ? valuesOf(checkpoint, 'reference') : null;
  return ebmForward(models, shape, valuesOf(checkpoint, 'ebm.average'), reference);
}

const valuesOf = ({ arrays }: Checkpoint, name: string): Float32Array => arrays[name]!.values as Float32Array;

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
