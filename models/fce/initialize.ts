/** The variables a training starts from. An explicit pass before the first update, run eagerly once:
 *  seeded random weights, actnorm fitted to data, Gaussian noise fitted to data, and c set so that the mean log-ratio is 0. */
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import { initialValues } from '../initial-values.ts';
import { flatten, unflatten, type ParamSpec } from '../params.ts';
import { keyOf } from '../random.ts';
import { tf, type Tensor, type Tensors, type Values } from '../tensors.ts';
import { dataSpec, drawBatch, drawRows } from './batch.ts';
import type { DataRows } from './fed-rows.ts';
import { fitGaussian } from './noise.ts';
import type { PlayerName } from './player.ts';
import type { Training } from './training.ts';

/** Data the initialisation looks at. */
const initialBatch = { points: 4096, images: 256 } as const;

export interface Start {
  readonly seed: number;
  /** Which of the seed's random weights; 0 where left out. A training that diverges from its start begins again from others. */
  readonly draw?: number;
  /** Flow weights [N] to go on from; null starts from random ones. */
  readonly initialFlow: Float32Array | null;
  /** The training set, in the form of its variable; or its rows, where it is none. */
  readonly data: Values | DataRows;
}

/** Values of every variable of `training.program` but `data`, the probe's and the parts', by name. */
export function initialize(training: Training, start: Start): Record<string, Float32Array> {
  const noise = training.config.method === 'nce' ? fitGaussian(training.config.noise, start.data as Float32Array, training.data.shape[0]!) : {};
  return tf.tidy(() => {
    const batch = firstBatch(training, start);
    const flow = training.flow && (start.initialFlow ?? fittedFlow(training.flow, start, batch));
    const reference: Record<string, Float32Array> = 'reference' in training.program.variables ? { reference: flow! } : {};
    const ebm = training.ebm && centredEbm(training, training.ebm, start, { flow, ...reference, ...noise }, batch);
    const fitted: Readonly<Record<PlayerName, Float32Array | null>> = { flow, ebm };
    const players = training.players.map(({ name, specs }) => playerStart(name, fitted[name] ?? drawn(specs, name, start)));
    return { ...Object.assign({}, ...players) as Record<string, Float32Array>, ...reference, ...noise };
  });
}

function firstBatch(training: Training, start: Start): Tensor {
  const size = training.data.shape.length === 3 ? initialBatch.images : initialBatch.points;
  const key = tf.tensor1d(keyOf(start.seed, 'initialise'), 'int32');
  const whole = !('gather' in start.data);
  const values = 'gather' in start.data ? start.data.gather(drawRows(training.data, size, key).dataSync() as Int32Array) : start.data;
  const { shape, dtype } = dataSpec(whole ? training.data : { ...training.data, count: size });
  return drawBatch({ ...training.data, fed: !whole }, tf.tensor(values, [...shape], dtype), size, key);
}

function drawn(specs: readonly ParamSpec[], name: PlayerName, { seed, draw = 0 }: Start): Float32Array {
  return initialValues(specs, seed, draw === 0 ? name : `${name}/draw ${draw}`);
}

function fittedFlow(flow: Flow, start: Start, batch: Tensor): Float32Array {
  const params = unflatten(flow.params, tf.tensor1d(drawn(flow.params, 'flow', start)));
  return valuesOf(flatten(flow.params, { ...params, ...flow.fit?.(params, batch) }));
}

/** Random weights, with c = mean of f(x) - log q(x) over the batch. */
function centredEbm(training: Training, ebm: Ebm, start: Start, known: Record<string, Float32Array | null>, batch: Tensor): Float32Array {
  const params = unflatten(ebm.params, tf.tensor1d(drawn(ebm.params, 'ebm', start)));
  const variables: Tensors = Object.fromEntries(
    Object.entries(known).flatMap(([name, values]) =>
      values === null ? [] : [[name, tf.tensor(values, [...(training.program.variables[name]?.shape ?? [values.length])])]]),
  );
  // Relative to the frozen flow, log q0 and log q are the same at the start and cancel.
  const offset = 'reference' in known ? tf.scalar(0) : training.opponent!.logProb(variables, batch);
  const mean = tf.mean(tf.sub(tf.neg(ebm.energy(params, batch)), offset));
  const logNormalizer = tf.reshape(mean, params.logNormalizer!.shape);
  return valuesOf(flatten(ebm.params, { ...params, logNormalizer }));
}

const valuesOf = (tensor: Tensor): Float32Array => tensor.dataSync() as Float32Array;

/** A player's variables at the start: zero moments, and an average that is the weights. */
function playerStart(name: PlayerName, theta: Float32Array): Record<string, Float32Array> {
  return { [name]: theta, [`${name}.m`]: new Float32Array(theta.length), [`${name}.v`]: new Float32Array(theta.length), [`${name}.average`]: theta };
}
