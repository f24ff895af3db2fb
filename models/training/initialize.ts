/** The variables a training starts from: an explicit pass before the first update, run eagerly once. Weights
 *  are filled in where they lie, in one array a model: a large flow is not held twice. */
import { initialValues } from '../core/initial-values.ts';
import type { ParamSpec } from '../core/params.ts';
import { prngKey } from '../core/random.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { dataSpec, drawBatch, drawRows } from './batch.ts';
import type { PlayerName } from './player.ts';
import type { InitialValues, Start, Training } from './training.ts';

/** Data the initialisation looks at. */
const initialBatch = { points: 4096, images: 256 } as const;

/** Values of every variable of `training.program` but `data`, the probe's and the parts', by name. Arrays may
 *  stand under several names. Throws DataError where the data do not vary. */
export function initialize(training: Training, start: Start): Record<string, Float32Array> {
  const { weights, variables } = valuesOf(training, start);
  const players = training.players.map(({ name, specs }) =>
    playerStart(name, weights[name] ?? randomWeights(specs, name, start)),
  );
  return { ...(Object.assign({}, ...players) as Record<string, Float32Array>), ...variables };
}

function valuesOf(training: Training, start: Start): InitialValues {
  if (training.initialValues === undefined) return { weights: {} };
  const batch = firstBatch(training, start);
  try {
    return training.initialValues(start, batch);
  } finally {
    batch.dispose();
  }
}

function firstBatch(training: Training, start: Start): Tensor {
  const size = training.data.shape.length === 3 ? initialBatch.images : initialBatch.points;
  return tf.tidy(() => {
    const key = tf.tensor1d(prngKey(start.seed, 'initialise'), 'int32');
    const fed = 'gather' in start.data;
    const form = { ...training.data, fed };
    const values =
      'gather' in start.data
        ? start.data.gather(drawRows(form, size, key).dataSync() as Int32Array)
        : start.data;
    const { shape, dtype } = dataSpec(fed ? { ...form, count: size } : form);
    return drawBatch(form, tf.tensor(values, [...shape], dtype), size, key);
  });
}

/** [N]; a player's own, and others with each `draw`. */
export function randomWeights(
  specs: readonly ParamSpec[],
  name: PlayerName,
  { seed, draw = 0 }: Pick<Start, 'seed' | 'draw'>,
): Float32Array {
  return initialValues(specs, seed, draw === 0 ? name : `${name}/draw ${draw}`);
}

/** A player's variables at the start: zero moments, and an average that is the weights. */
function playerStart(name: PlayerName, theta: Float32Array): Record<string, Float32Array> {
  const zeros = new Float32Array(theta.length);
  return { [name]: theta, [`${name}.m`]: zeros, [`${name}.v`]: zeros, [`${name}.average`]: theta };
}
