/** A training's configuration for a few updates that are only to be timed. */
import type { TrainingConfig } from '../../models/training-schema.ts';

/** Nothing is the last update of it. */
const endless = 1_000_000_000;

/** The same work in each update, but players in turn from the first on, and no rule that would end a training
 *  that has only just begun. */
export function measuredConfig(config: TrainingConfig): TrainingConfig {
  const noRule = {
    maxValueGrowth: null,
    minFirstLogProb: null,
    maxGradNormGrowth: null,
    stuckAccuracyUpdates: null,
    maxSample: null,
  };
  const divergence = { ...config.divergence, ...noRule, maxValue: Number.MAX_VALUE };
  const short = { ...config, divergence, updates: endless, probeEvery: endless };
  return short.method === 'fce'
    ? { ...short, ebmWarmupUpdates: 0, turn: { kind: 'ratio', ebm: 1, flow: 1 }, stopping: null }
    : short;
}
