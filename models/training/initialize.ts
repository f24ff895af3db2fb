/** The variables a training starts from. An explicit pass before the first update, run eagerly once:
 *  seeded random weights, actnorm fitted to data, Gaussian noise fitted to data, and c set so that the mean log-ratio is 0.
 *  Weights are filled in where they lie, in one array a model, and TensorFlow is lent their parts: a large flow is not held twice. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import { initialValues } from '../core/initial-values.ts';
import { partsOf, type ParamSpec, type Params } from '../core/params.ts';
import { keyOf } from '../core/random.ts';
import { tf, type Tensor, type Tensors, type Values } from '../core/tensors.ts';
import { dataSpec, drawBatch, drawRows } from './batch.ts';
import type { DataRows } from './fed-rows.ts';
import { fitGaussian } from '../fce/noise.ts';
import type { PlayerName } from './player.ts';
import type { Training } from './training.ts';

/** Data the initialisation looks at. */
const initialBatch = { points: 4096, images: 256 } as const;
/** Images at a time where all of a flow is passed through: its activations are held for so many. */
const atATime = 8;

export interface Start {
  readonly seed: number;
  /** Which of the seed's random weights; 0 where left out. A training that diverges from its start begins again from others. */
  readonly draw?: number;
  /** Flow weights [N] to go on from; null starts from random ones. */
  readonly initialFlow: Float32Array | null;
  /** The training set, in the form of its variable; or its rows, of which those of one batch are read. Noise is fitted to the whole set. */
  readonly data: Values | DataRows;
}

/** Values of every variable of `training.program` but `data`, the probe's and the parts', by name. Arrays may stand under several names.
 *  Throws DataError where the data do not vary. */
export function initialize(training: Training, start: Start): Record<string, Float32Array> {
  const noise = training.config.method === 'nce' ? fitGaussian(training.config.noise, start.data as Float32Array, training.data.shape[0]!) : {};
  const batch = firstBatch(training, start);
  try {
    const flow = training.flow && (start.initialFlow ?? fittedFlow(training.flow, start, batch));
    const reference: Record<string, Float32Array> = 'reference' in training.program.variables ? { reference: flow! } : {};
    const ebm = training.ebm && centredEbm(training, training.ebm, start, { flow, ...reference, ...noise }, batch);
    const fitted: Readonly<Record<PlayerName, Float32Array | null>> = { flow, ebm };
    const players = training.players.map(({ name, specs }) => playerStart(name, fitted[name] ?? drawn(specs, name, start)));
    return { ...Object.assign({}, ...players) as Record<string, Float32Array>, ...reference, ...noise };
  } finally {
    batch.dispose();
  }
}

function firstBatch(training: Training, start: Start): Tensor {
  const size = training.data.shape.length === 3 ? initialBatch.images : initialBatch.points;
  return tf.tidy(() => {
    const key = tf.tensor1d(keyOf(start.seed, 'initialise'), 'int32');
    const fed = 'gather' in start.data;
    const form = { ...training.data, fed };
    const values = 'gather' in start.data ? start.data.gather(drawRows(form, size, key).dataSync() as Int32Array) : start.data;
    const { shape, dtype } = dataSpec(fed ? { ...form, count: size } : form);
    return drawBatch(form, tf.tensor(values, [...shape], dtype), size, key);
  });
}

function drawn(specs: readonly ParamSpec[], name: PlayerName, { seed, draw = 0 }: Start): Float32Array {
  return initialValues(specs, seed, draw === 0 ? name : `${name}/draw ${draw}`);
}

function fittedFlow(flow: Flow, start: Start, batch: Tensor): Float32Array {
  const theta = drawn(flow.params, 'flow', start);
  tf.tidy(() => overwrite(flow.params, theta, flow.fit?.(lent(flow.params, theta), batch).params ?? {}));
  return theta;
}

/** Random weights, with c = mean of f(x) - log q(x) over the batch. */
function centredEbm(training: Training, ebm: Ebm, start: Start, known: Readonly<Record<string, Float32Array | null>>, batch: Tensor): Float32Array {
  const theta = drawn(ebm.params, 'ebm', start);
  tf.tidy(() => {
    const mean = tf.mean(tf.sub(tf.neg(ebm.energy(lent(ebm.params, theta), batch)), opponentAt(training, known, batch)));
    overwrite(ebm.params, theta, { logNormalizer: mean });
  });
  return theta;
}

/** log q [B] on the batch. Relative to the frozen flow, log q0 and log q are the same at the start and cancel. */
function opponentAt(training: Training, known: Readonly<Record<string, Float32Array | null>>, batch: Tensor): Tensor {
  if ('reference' in known) return tf.scalar(0);
  const variables: Tensors = Object.fromEntries(
    Object.entries(known).flatMap(([name, values]) =>
      values === null ? [] : [[name, tf.tensor(values, [...(training.program.variables[name]?.shape ?? [values.length])])]]),
  );
  const logProb = (x: Tensor): Tensor => tf.tidy(() => training.opponent!.logProb(variables, x));
  if (training.data.shape.length === 1) return logProb(batch);
  return tf.concat(tf.split(batch, batch.shape[0]! / atATime).map(logProb));
}

/** Tensors over a flat vector's own memory. */
function lent(specs: readonly ParamSpec[], theta: Float32Array): Params {
  return Object.fromEntries(partsOf(specs, theta).map(([{ name, shape }, values]) => [name, tf.tensor(values, [...shape], 'float32')]));
}

function overwrite(specs: readonly ParamSpec[], theta: Float32Array, params: Params): void {
  for (const [{ name }, values] of partsOf(specs, theta)) if (params[name]) values.set(params[name].dataSync());
}

/** A player's variables at the start: zero moments, and an average that is the weights. */
function playerStart(name: PlayerName, theta: Float32Array): Record<string, Float32Array> {
  const zeros = new Float32Array(theta.length);
  return { [name]: theta, [`${name}.m`]: zeros, [`${name}.v`]: zeros, [`${name}.average`]: theta };
}
