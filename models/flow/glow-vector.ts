/** Glow for vectors: flow steps with fully connected coupling nets. The paper's 2-D experiments use ten
 *  couplings. */
import { ShapeError } from '../core/errors.ts';
import type { Bijection } from './bijection.ts';
import { chain } from './chain.ts';
import type { Recompute, VectorGlowConfig } from './config.ts';
import { kept, vectorNet } from './coupling-net.ts';
import { flowStep } from './flow-step.ts';

/** x [B, dim] <-> z [B, dim]. The first step's actnorm is fitted to the data itself, the others to what
 *  reaches them. Throws ShapeError on an odd dim: a coupling needs two equal halves. */
export function vectorGlow(config: VectorGlowConfig, dim: number, recompute: Recompute): Bijection {
  if (dim % 2 !== 0) {
    throw new ShapeError(
      `Expected an even number of dimensions for the vector Glow, got ${dim}. Add or remove one dimension.`,
    );
  }
  const steps: Record<string, Bijection> = {};
  for (let i = 0; i < config.couplings; i++) {
    const place = `step${i}`;
    const net = kept(vectorNet(dim / 2, dim, config.width, config.hiddenLayers), recompute);
    steps[place] = flowStep({ channels: dim, mixing: config.mixing, scale: config.scale, net, place });
  }
  return chain(steps);
}
