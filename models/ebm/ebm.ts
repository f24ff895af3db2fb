/** The contract of an energy-based model: p(x) = exp(-energy(x) - logNormalizer). */
import type { Tensor } from '../core/tensors.ts';
import type { ParamSpec, Params } from '../core/params.ts';

export interface Ebm {
  readonly dataShape: readonly number[];
  /** Includes the scalar `logNormalizer` (the paper's c), a trained parameter. */
  readonly params: readonly ParamSpec[];
  /** -f(x), [B], nats. */
  energy(params: Params, x: Tensor): Tensor;
  /** log p(x) = f(x) - c with the learned c, [B], nats. */
  logProb(params: Params, x: Tensor): Tensor;
  /** Activations of the last hidden layer, [B, features]. */
  features(params: Params, x: Tensor): Tensor;
}
