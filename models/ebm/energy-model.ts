/** What every energy-based model shares: f = a scalar read from features, and the learned log normaliser.
 *  p(x) = exp(f(x) - c), energy = -f. Source: Flow Contrastive Estimation, section 3.1 */
import { dense, zeros, type Layer } from '../core/layers.ts';
import { prefixed, under, type Params } from '../core/params.ts';
import { tf, type Tensor } from '../core/tensors.ts';
import type { Ebm } from './ebm.ts';

/** An EBM from its feature network (x -> [B, width], activated). */
export function energyModel(dataShape: readonly number[], featureNet: Layer, width: number): Ebm {
  const head = dense(width, 1, { kind: 'normal', std: Math.sqrt(1 / width) });
  const features = (params: Params, x: Tensor): Tensor => featureNet.apply(under(params, 'features'), x);
  const f = (params: Params, x: Tensor): Tensor =>
    tf.squeeze(head.apply(under(params, 'head'), features(params, x)), [1]);
  return {
    dataShape,
    params: [
      ...prefixed('features', featureNet.params),
      ...prefixed('head', head.params),
      { name: 'logNormalizer', shape: [], init: zeros },
    ],
    energy: (params, x) => tf.neg(f(params, x)),
    logProb: (params, x) => tf.sub(f(params, x), params.logNormalizer!),
    features,
  };
}
