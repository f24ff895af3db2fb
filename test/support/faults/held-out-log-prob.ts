/** What the models of a small run say of points it has not seen, whatever the run says of itself: of the
 *  weights themselves, not of their average. */
import '../tensorflow.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import { createEbm } from '../../../models/ebm/create-ebm.ts';
import { createFlow } from '../../../models/flow/flow.ts';
import { median } from '../../../models/metrics/median.ts';
import { unflatten } from '../../../models/core/params.ts';
import { tf, type Tensor, type Values } from '../../../models/core/tensors.ts';
import { createToy } from '../../../models/toy/toy-density.ts';

/** Nats; NaN or infinite where weights are lost altogether. */
export interface HeldOut {
  readonly mean: number;
  readonly median: number;
}
export interface HeldOutLogProb {
  /** log q. */
  readonly flow: HeldOut;
  /** log p. */
  readonly ebm: HeldOut;
  /** Of the density the points are from. */
  readonly exact: HeldOut;
}

const points = 2000;
const shape = [2];

export function heldOutLogProb(
  { config: { models, seed } }: RunRequest,
  weights: Readonly<Record<'flow' | 'ebm', Values>>,
): HeldOutLogProb {
  const toy = createToy('eight-gaussians');
  const x = toy.sampler(seed, 'held out by a test')(points);
  const [flow, ebm] = [createFlow(models.flow, shape), createEbm(models.ebm, shape)];
  const of = (logProb: (x: Tensor) => Tensor): HeldOut =>
    summary(tf.tidy(() => logProb(tf.tensor2d(x, [points, 2])).dataSync() as Float32Array));
  return {
    flow: of((at) => flow.logProb(unflatten(flow.params, tf.tensor1d(weights.flow)), at)),
    ebm: of((at) => ebm.logProb(unflatten(ebm.params, tf.tensor1d(weights.ebm)), at)),
    exact: summary(toy.logDensity(x)),
  };
}

const summary = (values: ArrayLike<number>): HeldOut => {
  const list = Array.from(values);
  return { mean: list.reduce((sum, value) => sum + value, 0) / list.length, median: median(list) };
};
