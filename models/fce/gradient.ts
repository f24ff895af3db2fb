/** Gradient of a scalar with respect to one player's flat parameter vector, with what was computed on the way. */
import { flatten, unflatten, type ParamSpec, type Params } from '../params.ts';
import { tf, type Tensor, type Tensors } from '../tensors.ts';

export interface Objective {
  /** The scalar to be differentiated. */
  readonly loss: Tensor;
  /** Values to hand out beside the gradient. */
  readonly aux: Tensors;
}

/** theta [N] -> gradient of `objective(params).loss` [N] and its `aux`. */
export function gradientOf(
  specs: readonly ParamSpec[],
  theta: Tensor,
  objective: (params: Params) => Objective,
): { gradient: Tensor; aux: Tensors } {
  const params = unflatten(specs, theta);
  const named = (list: readonly Tensor[]): Params => Object.fromEntries(specs.map((spec, i) => [spec.name, list[i]!]));
  let kept: Tensors = {};
  const loss = (...list: Tensor[]): Tensor => {
    const { loss: scalar, aux } = objective(named(list));
    kept = mapTensors(aux, (tensor) => tf.keep(tensor));
    return scalar;
  };
  const gradients = tf.grads(loss)(specs.map((spec) => params[spec.name]!));
  // tf.grads disposes what its function made; the kept tensors are handed on to the scope we are called in.
  const aux = mapTensors(kept, (tensor) => tf.clone(tensor));
  for (const tensor of Object.values(kept)) tensor.dispose();
  return { gradient: flatten(specs, named(gradients)), aux };
}

const mapTensors = (tensors: Tensors, f: (tensor: Tensor) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor)]));
