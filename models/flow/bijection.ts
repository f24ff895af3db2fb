/** The one contract of everything that maps data to latents and back. */
import type { NamedArrays, Tensor } from '../core/tensors.ts';
import type { ParamSpec, Params } from '../core/params.ts';

export interface Mapped {
  /** The mapped batch; its first dimension is the batch. */
  readonly y: Tensor;
  /** log|det dy/dx| of the map that was applied, nats: [B], or a scalar where it is the same for every
   *  datum. */
  readonly logDet: Tensor;
}

/** What a batch makes of a bijection: the parameters to replace, by name, and the batch as the fitted
 *  bijection maps it towards the latents. A type and not an interface, for `tf.tidy` hands on what it knows
 *  to be a container of tensors. */
export type Fitted = { readonly params: Params; readonly y: Tensor };

export interface Bijection {
  readonly params: readonly ParamSpec[];
  /** What the architecture fixes by numbers that no parameter holds, by name: the permutations of the LU
   *  form. */
  readonly constants?: NamedArrays;
  /** Data -> latent. */
  toLatent(params: Params, x: Tensor): Mapped;
  /** Latent -> data: the inverse of `toLatent`, with its own log-determinant (the negative of the other at
   *  the same pair). */
  toData(params: Params, z: Tensor): Mapped;
  /** Data-dependent initialisation on a batch, so that the law at initialisation holds. Left out where
   *  nothing depends on data. An explicit pass before training, never a side effect of a mapping. Throws
   *  DataError on zero variance. */
  fit?(params: Params, x: Tensor): Fitted;
  /** Constants a sampler is exported with (float64 inverses), by name; merged into the parameters they let
   *  `toData` skip what only training needs. */
  freeze?(params: NamedArrays): NamedArrays;
}

/** A normalising flow: a bijection from data to standard normal latents z [B, dim]. */
export interface Flow extends Bijection {
  /** Shape of one datum: [2] or [H, W, C]. */
  readonly dataShape: readonly number[];
  /** Number of dimensions of one datum, and of z. */
  readonly dim: number;
  /** log q(x), [B], nats. */
  logProb(params: Params, x: Tensor): Tensor;
  /** The latents z [B, dim] of x, and log q(x) [B] from the same pass: the mirror image of `sample`. */
  encode(params: Params, x: Tensor): { z: Tensor; logProb: Tensor };
  /** z [B, dim] ~ N(0, I) -> samples x and log q(x) [B] from the same pass. */
  sample(params: Params, z: Tensor): { x: Tensor; logProb: Tensor };
}
