/** How far the averaged flow's samples are from images that the contrast does not draw (its pretraining may
 *  have): what early stopping goes by. The same latents and directions every time, so that two measurements
 *  differ by the flow alone. Samples are drawn a part at a time into a variable: a flow's intermediate values
 *  for all of them at once would not fit. */
import { ConfigError } from '../core/errors.ts';
import type { Flow } from '../flow/bijection.ts';
import type { ProgramFunction, Session } from '../graph/program.ts';
import { foldIn, statelessNormal } from '../graph/random.ts';
import { slicedWasserstein } from '../metrics/sliced-wasserstein.ts';
import { unflatten } from '../core/params.ts';
import { prngKey } from '../core/random.ts';
import { tf, type Tensor, type TensorSpec, type Values } from '../core/tensors.ts';
import { greyLevels, dequantise, dimOf, isImage, type DataForm } from '../training/batch.ts';
import type { FceConfig } from './config.ts';
import { checkFinite } from '../training/divergence.ts';
import type { BatchSizes } from '../training/micro-batch.ts';
import type { Additions } from '../training/training.ts';
import type { TrainingConfig } from '../training-schema.ts';

export type Stopping = NonNullable<FceConfig['stopping']>;

/** The rule of a training that may stop early; null for any other. */
export const stoppingOf = (config: TrainingConfig): Stopping | null =>
  'stopping' in config ? config.stopping : null;

/** The training set without the images set aside. Throws ConfigError for points, and where nothing would be
 *  left. */
export function withoutHeldOut(data: DataForm, stopping: Stopping | null): DataForm {
  if (stopping === null) return data;
  if (!isImage(data))
    throw new ConfigError(
      `Expected stopping = null for points, got a rule: its distance is one of images (x: [${data.shape}]).`,
    );
  if (stopping.heldOut < data.count) return { ...data, count: data.count - stopping.heldOut };
  throw new ConfigError(
    `Expected stopping.heldOut below the ${data.count} images of the training file, got `
      + `${stopping.heldOut}. Lower it, or give more images.`,
  );
}

const draw = 'heldOut.draw';
const measure = 'heldOut.distance';
const samples = 'probe.samples';
const streams = { latents: 0, dequantise: 1, directions: 2 } as const;
const partSize = ({ batchSize, microBatch }: Pick<BatchSizes, 'batchSize' | 'microBatch'>): number =>
  microBatch ?? batchSize;

const key: TensorSpec = { shape: [2], dtype: 'int32' };

/** What the distance adds to a program: `probe.heldOut`, the images set aside, as the training set is packed;
 *  `probe.samples`; and the functions that `measureHeldOut` runs. */
export function heldOutDistance(
  flow: Flow,
  { heldOut, projections }: Stopping,
  data: DataForm,
  sizes: BatchSizes,
): Required<Omit<Additions, 'probe'>> {
  const size = partSize(sizes);
  const drawPart: ProgramFunction = {
    inputs: { key, part: { shape: [], dtype: 'int32' } },
    run(variables, inputs) {
      const z = statelessNormal([size, flow.dim], foldIn(foldIn(inputs.key!, streams.latents), inputs.part!));
      const drawn = sampled(flow, variables['flow.average']!, z, sizes.shards ?? 1);
      // The variable is a queue of the last so many: the parts need not divide it.
      const all = tf.concat([variables[samples]!, drawn]);
      return { outputs: { mean: tf.mean(drawn) }, updates: { [samples]: tf.slice(all, size, heldOut) } };
    },
  };
  const distance: ProgramFunction = {
    inputs: { key },
    run(variables, inputs) {
      const images = dequantise(
        greyLevels(data, variables['probe.heldOut']!),
        foldIn(inputs.key!, streams.dequantise),
      );
      return {
        outputs: {
          heldOutDistance: slicedWasserstein(
            variables[samples]!,
            images,
            projections,
            foldIn(inputs.key!, streams.directions),
          ),
        },
      };
    },
  };
  return {
    functions: { [draw]: drawPart, [measure]: distance },
    variables: {
      'probe.heldOut': { shape: [heldOut, dimOf(data) / 4], dtype: 'int32' },
      [samples]: { shape: [heldOut, ...data.shape], dtype: 'float32' },
    },
  };
}

/** Samples as pictures show them: what leaves the grey scale is cut off. A share for each thread, as in
 *  training. */
function sampled(flow: Flow, theta: Tensor, z: Tensor, shards: number): Tensor {
  const params = unflatten(flow.params, theta);
  const drawn = tf.split(z, shards).map((share) => flow.sample(params, share).x);
  return tf.clipByValue(tf.concat(drawn), -0.5, 0.5);
}

/** Values to start `probe.samples` with; none for a training without. */
export function noSamples({
  program,
}: {
  readonly program: { readonly variables: Readonly<Record<string, TensorSpec>> };
}): Record<string, Values> {
  const spec = program.variables[samples];
  return spec === undefined ? {} : { [samples]: new Float32Array(spec.shape.reduce((a, b) => a * b, 1)) };
}

/** Draws part by part, yielding parts done and in all, then measures. Throws DivergedError where a sample is
 *  not a number. */
export function* measureHeldOut(
  session: Session,
  config: TrainingConfig & { readonly stopping: Stopping },
  seed: number,
  update: number,
): Generator<{ readonly done: number; readonly total: number }, number> {
  const fixed = Int32Array.from(prngKey(seed, 'held-out'));
  const total = Math.ceil(config.stopping.heldOut / partSize(config));
  for (let part = 0; part < total; part++) {
    checkFinite(update, { 'a held-out sample': session.run(draw, { key: fixed, part }).mean![0]! });
    yield { done: part + 1, total };
  }
  const heldOut = session.run(measure, { key: fixed }).heldOutDistance![0]!;
  checkFinite(update, { heldOutDistance: heldOut });
  return heldOut;
}
