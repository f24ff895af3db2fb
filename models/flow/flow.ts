/** A normalising flow from its configuration. */
import { ShapeError } from '../core/errors.ts';
import { tf } from '../core/tensors.ts';
import type { Bijection, Flow } from './bijection.ts';
import type { FlowConfig, Recompute } from './config.ts';
import { standardNormalLogProb } from './gaussian.ts';
import { imageGlow } from './glow-image.ts';
import { vectorGlow } from './glow-vector.ts';

/** A flow for data of `shape`: [dim] or [H, W, C]. log q(x) = log q0(z) + log|det dz/dx|, z = toLatent(x), q0
 *  = N(0, I) Source: Glow, section 2 x [B, ...shape] float32, z [B, dim], log-densities [B] in nats.
 *  `recompute` changes no value, only what gradients need of memory. Throws ShapeError where the configured
 *  kind or its levels do not fit the shape. */
export function createFlow(
  config: FlowConfig,
  shape: readonly number[],
  recompute: Recompute = 'none',
): Flow {
  const glow = createGlow(config, shape, recompute);
  const encode: Flow['encode'] = (params, x) => {
    const { y: z, logDet } = glow.toLatent(params, x);
    return { z, logProb: tf.add(standardNormalLogProb(z), logDet) };
  };
  return {
    ...glow,
    dataShape: shape,
    dim: shape.reduce((a, b) => a * b, 1),
    encode,
    logProb: (params, x) => encode(params, x).logProb,
    // log q(g(z)) = log q0(z) - log|det dx/dz|
    sample: (params, z) => {
      const { y: x, logDet } = glow.toData(params, z);
      return { x, logProb: tf.sub(standardNormalLogProb(z), logDet) };
    },
  };
}

function createGlow(config: FlowConfig, shape: readonly number[], recompute: Recompute): Bijection {
  if (config.kind === 'vector' && shape.length === 1) return vectorGlow(config, shape[0]!, recompute);
  if (config.kind === 'image' && shape.length === 3)
    return imageGlow(config, shape as [number, number, number], recompute);
  const expected = config.kind === 'vector' ? '[dim] for the vector Glow' : '[H, W, C] for the image Glow';
  throw new ShapeError(
    `Expected data of shape ${expected}, got [${shape}]. Choose the flow's kind to fit the data set.`,
  );
}
