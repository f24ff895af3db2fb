/** Where flow and EBM start: actnorm fitted to data, and c set so that the mean log-ratio is 0. TensorFlow is
 *  lent the parts of one flat vector a model. */
import { partsOf, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor, type Tensors } from '../core/tensors.ts';
import type { Ebm } from '../ebm/ebm.ts';
import type { Flow } from '../flow/bijection.ts';
import { randomWeights } from '../training/initialize.ts';
import type { Start } from '../training/training.ts';
import type { Opponent } from './opponent.ts';

/** Images at a time where all of a flow is passed through: its activations are held for so many. */
const atATime = 8;

/** Theta [N]: that of a flow which was trained before, else a random one whose actnorm is fitted to the
 *  batch. */
export function startingFlow(flow: Flow, start: Start, batch: Tensor): Float32Array {
  if (start.initialFlow !== null) return start.initialFlow;
  const theta = randomWeights(flow.params, 'flow', start);
  tf.tidy(() => overwrite(flow.params, theta, flow.fit?.(lent(flow.params, theta), batch).params ?? {}));
  return theta;
}

/** Random weights [N], with c = mean of f(x) - log q(x) over the batch. `logProb`: log q of data [B,
 *  ...shape], nats, [B]. */
export function centredEbm(
  ebm: Ebm,
  start: Start,
  batch: Tensor,
  logProb: (x: Tensor) => Tensor,
): Float32Array {
  const theta = randomWeights(ebm.params, 'ebm', start);
  tf.tidy(() => {
    const mean = tf.mean(tf.sub(tf.neg(ebm.energy(lent(ebm.params, theta), batch)), logProb(batch)));
    overwrite(ebm.params, theta, { logNormalizer: mean });
  });
  return theta;
}

/** log q [B] of an opponent whose variables have these values; a few images at a time. */
export function logProbOf(
  { logProb, variables: specs }: Opponent,
  values: Readonly<Record<string, Float32Array>>,
): (x: Tensor) => Tensor {
  return (batch) => {
    const variables: Tensors = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        tf.tensor(value, [...(specs[name]?.shape ?? [value.length])]),
      ]),
    );
    const at = (x: Tensor): Tensor => tf.tidy(() => logProb(variables, x));
    return batch.rank === 2 ? at(batch) : tf.concat(tf.split(batch, batch.shape[0]! / atATime).map(at));
  };
}

/** Tensors over a flat vector's own memory. */
function lent(specs: readonly ParamSpec[], theta: Float32Array): Params {
  return Object.fromEntries(
    partsOf(specs, theta).map(([{ name, shape }, values]) => [
      name,
      tf.tensor(values, [...shape], 'float32'),
    ]),
  );
}

function overwrite(specs: readonly ParamSpec[], theta: Float32Array, params: Params): void {
  for (const [{ name }, values] of partsOf(specs, theta))
    if (params[name]) values.set(params[name].dataSync());
}
