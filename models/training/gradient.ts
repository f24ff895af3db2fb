/** Gradient of a scalar with respect to one player's flat parameter vector, with what was computed on the
 *  way. */
import { unflatten, type ParamSpec, type Params } from '../core/params.ts';
import { tf, type Tensor, type Tensors } from '../core/tensors.ts';

export interface LossFunction {
  /** The scalar to be differentiated. */
  readonly loss: Tensor;
  /** Values to hand out beside the gradient. */
  readonly aux: Tensors;
}

/** theta [N] -> gradient of `objective(params).loss` [N] and its `aux`. */
export function gradientOf(
  specs: readonly ParamSpec[],
  theta: Tensor,
  objective: (params: Params) => LossFunction,
): { gradient: Tensor; aux: Tensors } {
  let kept: Tensors = {};
  // With respect to the one vector: tfjs goes through all that it differentiates by for every op on its tape.
  const gradient = tf.grad((vector: Tensor): Tensor => {
    const { loss, aux } = objective(unflatten(specs, vector));
    kept = mapTensors(aux, (tensor) => tf.keep(tensor));
    return loss;
  })(theta);
  // tf.grad disposes what its function made; the kept tensors are handed on to the scope we are called in.
  const aux = mapTensors(kept, (tensor) => tf.clone(tensor));
  for (const tensor of Object.values(kept)) tensor.dispose();
  return { gradient, aux };
}

const mapTensors = (tensors: Tensors, f: (tensor: Tensor) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor)]));
