/** A family of invertible C x C matrices W with an inverse and a log-determinant that need no
 *  decomposition. */
import type { ParamSpec, Params } from '../core/params.ts';
import type { NamedArrays, Tensor } from '../core/tensors.ts';
import type { Matrix64 } from './matrix64.ts';

export interface Mixing {
  readonly params: readonly ParamSpec[];
  /** Of the LU form: P as `permutation` [C, C] and the signs of s as `signs` [C]. Left out where parameters
   *  hold all. */
  readonly constants?: NamedArrays;
  /** W [C, C]. */
  matrix(params: Params): Tensor;
  /** W^-1 [C, C]. */
  inverse(params: Params): Tensor;
  /** log|det W|, a scalar, nats. */
  logDet(params: Params): Tensor;
  /** W in float64. */
  matrix64(params: NamedArrays): Matrix64;
}
