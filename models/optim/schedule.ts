/** What one update's optimiser is fed: pure functions of counts, in float64. */
import type { OptimiserConfig } from '../training/config.ts';

/** The learning rate at a player's `ownUpdate` (from 0), with `progress` in [0, 1) the share of the whole
 *  training done. */
export function learningRateAt(config: OptimiserConfig, ownUpdate: number, progress: number): number {
  const warmup = config.warmupUpdates > 0 ? Math.min(1, (ownUpdate + 1) / config.warmupUpdates) : 1;
  return config.learningRate * warmup * decayAt(config.decay, progress);
}

function decayAt(kind: OptimiserConfig['decay'], progress: number): number {
  if (kind === 'cosine') return (1 + Math.cos(Math.PI * progress)) / 2;
  return kind === 'linear' ? 1 - progress : 1;
}

/** Adam's bias corrections at a player's `ownUpdate` (from 0). */
export const momentScalesAt = (
  config: OptimiserConfig,
  ownUpdate: number,
): { first: number; second: number } => ({
  first: 1 / (1 - config.beta1 ** (ownUpdate + 1)),
  second: 1 / (1 - config.beta2 ** (ownUpdate + 1)),
});

/** The average's decay at a player's `ownUpdate` (from 0): short at first, so that the random start is
 *  forgotten. */
export const averagingAt = (decay: number, ownUpdate: number): number =>
  Math.min(decay, (1 + ownUpdate) / (10 + ownUpdate));
