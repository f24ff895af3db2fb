/** Flow and EBM trained in this very process, op by op: for a look at the models, a test, a notebook. Runs of
 *  the pipeline replay a recorded graph instead, which is several times faster, and have checkpoints. */
import type { z } from 'zod';
import { checked } from './core/checked.ts';
import { ConfigError } from './core/errors.ts';
import type { Values } from './core/tensors.ts';
import { createTraining } from './create-training.ts';
import type { EbmConfig } from './ebm/config.ts';
import { fceSchema, mleSchema, nceSchema, type ModelsConfig } from './fce/config.ts';
import { ebmForward, flowForwards } from './fce/forwards.ts';
import type { FlowConfig } from './flow/config.ts';
import { packBytes } from './graph/bytes.ts';
import { EagerSession } from './graph/eager-session.ts';
import { toOnnx as encode, type Forward } from './graph/onnx.ts';
import { initialize } from './training/initialize.ts';
import { emptyParts } from './training/micro-batch.ts';
import { firstCounters, updates, type Metrics } from './training/updates.ts';

const schemas = { mle: mleSchema, nce: nceSchema, fce: fceSchema } as const;
/** As a section of the configuration, with its `method`; what is left out has its default. */
export type TrainingSettings =
  z.input<typeof mleSchema> | z.input<typeof nceSchema> | z.input<typeof fceSchema>;

export interface TrainOptions {
  readonly flow: FlowConfig;
  readonly ebm: EbmConfig;
  /** Points, float32 [N, D], or images, bytes [N, H, W, C]; row after row. */
  readonly data: Float32Array | Uint8Array;
  /** Of one datum: [D] or [H, W, C]. */
  readonly shape: readonly number[];
  /** `mle` trains the flow, `nce` the EBM against noise, `fce` both against each other. */
  readonly training: TrainingSettings;
  readonly seed?: number;
}

/** Averaged weights, by model, and what is needed to export them. */
export interface Trained {
  readonly options: TrainOptions;
  /** Flat vectors [N] by model: `flow`, `ebm`. */
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Of the frozen flow that the EBM is relative to; null where it is not. */
  readonly reference: Float32Array | null;
  /** Of the last update. */
  readonly metrics: Metrics;
}

/** Yields the metrics of each update; returns what came of them. Throws ConfigError or ShapeError where
 *  settings, models and data do not go together, DivergedError where it diverges. */
export function* train(options: TrainOptions): Generator<Metrics, Trained> {
  const { flow, ebm, data, shape, seed = 1 } = options;
  const schema = schemas[options.training.method] ?? unknownMethod(options.training);
  const config = checked<(typeof schemas)[keyof typeof schemas]>(schema, options.training);
  const models: ModelsConfig = { flow, ebm };
  const training = createTraining(config, models, { shape, count: countOf(data, shape) }, 0);
  const session = new EagerSession(training.program);
  try {
    const rows: Values = data instanceof Uint8Array ? packBytes(data) : data;
    session.assign({
      data: rows,
      ...emptyParts(training.players, config),
      ...initialize(training, { seed, initialFlow: null, data: rows }),
    });
    const context = { seed, training: 'library', noiseStream: 0, learningRateScale: 1 };
    let last: Metrics = {};
    for (const { metrics } of updates(session, training, context, firstCounters, config.updates)) {
      last = metrics;
      yield metrics;
    }
    const names = training.players.map(({ name }) => `${name}.average`);
    const read = session.read('reference' in training.program.variables ? [...names, 'reference'] : names);
    return {
      options,
      weights: Object.fromEntries(
        training.players.map(({ name }) => [name, read[`${name}.average`] as Float32Array]),
      ),
      reference: (read['reference'] as Float32Array | undefined) ?? null,
      metrics: last,
    };
  } finally {
    session.dispose();
  }
}

/** ONNX files of what was trained, by name: `flow-log-prob`, `flow-sample`, `ebm`. Inputs and outputs are
 *  described in docs/guide/onnx.md. */
export function toOnnx({ options, weights, reference }: Trained): Record<string, Uint8Array> {
  const { flow, ebm, shape } = options;
  const models: ModelsConfig = { flow, ebm };
  const forwards: Forward[] = [
    ...(weights['flow'] ? flowForwards(models, shape, weights['flow']) : []),
    ...(weights['ebm'] ? [ebmForward(models, shape, weights['ebm'], reference)] : []),
  ];
  return Object.fromEntries(forwards.map((forward) => [forward.name, encode({ ...forward, metadata: {} })]));
}

function unknownMethod({ method }: { readonly method: unknown }): never {
  const methods = Object.keys(schemas).join(', ');
  throw new ConfigError(`Expected method to be one of ${methods}, got ${JSON.stringify(method)}.`);
}

function countOf(data: TrainOptions['data'], shape: readonly number[]): number {
  const each = shape.reduce((a, b) => a * b, 1);
  if (data.length > 0 && data.length % each === 0) return data.length / each;
  throw new ConfigError(
    `Expected a multiple of ${each} values for data of shape [${shape}], got ${data.length}.`,
  );
}
