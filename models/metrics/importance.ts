/** The integral of an unnormalised density by importance sampling: Z = E over x ~ q of p(x) / q(x).
 *  Source: Owen, Monte Carlo theory, methods and examples (2013), chapter 9 */
import { ShapeError } from '../core/errors.ts';
import { logSumExp } from './quadrature.ts';

export interface ImportanceEstimate {
  /** log of the mean weight, nats. */
  readonly logNormalizer: number;
  /** Of `logNormalizer`, nats, by the delta method: sd(w) / (mean(w) sqrt(n)). Means nothing where few
   *  samples carry the weight. */
  readonly standardError: number;
  /** (sum w)^2 / sum w^2, between 1 and n. */
  readonly effectiveSamples: number;
}

/** logWeights [n], n at least 2: log p(x) - log q(x) of samples x ~ q, nats. -Infinity is a sample of no
 *  weight; NaN gives NaN. */
export function importanceEstimate(logWeights: Float64Array): ImportanceEstimate {
  const n = logWeights.length;
  if (n < 2) throw new ShapeError(`Expected at least 2 samples for a standard error, got ${n}.`);
  const logSum = logSumExp(logWeights);
  const effectiveSamples = Math.exp(2 * logSum - logSumExp(logWeights.map((v) => 2 * v)));
  // var(w) / mean(w)^2 = n (n / ESS - 1) / (n - 1); rounding may take n / ESS below 1
  const standardError = Math.sqrt(Math.max(0, n / effectiveSamples - 1) / (n - 1));
  return { logNormalizer: logSum - Math.log(n), standardError, effectiveSamples };
}
