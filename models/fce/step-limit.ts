/** How far a step of the flow moves log q on data, in nats, and the shortening of one that moves it too far.
 *  On images a step that is small in every weight moves log q of all images by tens of nats, and the EBM then
 *  has to find its place anew. */
import type { Flow } from '../flow/bijection.ts';
import { unflatten } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import { drawBatch, type DataForm } from '../training/batch.ts';
import type { BatchSizes } from '../training/micro-batch.ts';
import type { Player } from '../training/player.ts';

/** Share of a step's data that is looked at: the shift is nearly the same for all images, and two more passes
 *  over each would cost a fifth of a step. */
const looked = 1 / 4;

/** `logProbShift` = root of mean (log q_after(x) - log q_before(x))^2 over the first quarter of the step's
 *  data (of its first part where the batch is cut). Above `most` (null: never) the step is multiplied by most
 *  / shift, and the shift told is `most`: exact to first order in the step. */
export const logProbLimit =
  (flow: Flow, data: DataForm, sizes: BatchSizes, most: number | null): NonNullable<Player['limit']> =>
  (variables, key, proposed) => {
    const before = variables.flow!;
    const shards = sizes.shards ?? 1;
    const rows = shards * Math.ceil((looked * (sizes.microBatch ?? sizes.batchSize)) / shards);
    const x = tf.slice(drawBatch(data, variables.data!, sizes.batchSize, key), 0, rows);
    const shift = rootMeanSquare(
      tf.sub(logProbAt(flow, proposed, x, shards), logProbAt(flow, before, x, shards)),
    );
    if (most === null) return { theta: proposed, aux: { logProbShift: shift } };
    const share = tf.div(most, tf.maximum(shift, most));
    return {
      theta: tf.add(before, tf.mul(tf.sub(proposed, before), share)),
      aux: { logProbShift: tf.minimum(shift, most) },
    };
  };

/** Shards side by side, as the gradient has them: where every op has one thread, the whole batch would have
 *  one. */
function logProbAt(flow: Flow, theta: Tensor, x: Tensor, shards: number): Tensor {
  const params = unflatten(flow.params, theta);
  return shards === 1
    ? flow.logProb(params, x)
    : tf.concat(tf.split(x, shards).map((share) => flow.logProb(params, share)));
}

const rootMeanSquare = (x: Tensor): Tensor => tf.sqrt(tf.mean(tf.square(x)));
