/** When a training has diverged. Pure functions of the metrics; the workflow decides what to do about it. */
import type { DivergenceConfig } from './config.ts';

export type DivergenceRule = 'non-finite' | 'value-bound' | 'stuck-accuracy' | 'sample-range';

export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly rule: DivergenceRule;
  readonly update: number;
  readonly value: number;
  readonly limit: number;

  constructor(rule: DivergenceRule, sentence: string, at: { update: number; value: number; limit: number }) {
    super(`Diverged at update ${at.update}: ${sentence}`);
    this.rule = rule;
    this.update = at.update;
    this.value = at.value;
    this.limit = at.limit;
  }
}

/** What the rules look at: every output of a step; a metric that a training does not have is left out. */
export interface Watched extends Readonly<Record<string, number | undefined>> {
  readonly value: number;
  readonly accuracy?: number;
  readonly maxSample?: number;
}

/** Throws DivergedError where a metric, or any value of a variable, is not finite. */
export function checkFinite(update: number, values: Readonly<Record<string, number | undefined | ArrayLike<number>>>): void {
  for (const [name, value] of Object.entries(values)) {
    const bad = typeof value === 'object' ? Array.prototype.find.call(value, (one: number) => !Number.isFinite(one)) as number | undefined : value;
    if (bad !== undefined && !Number.isFinite(bad)) {
      throw new DivergedError('non-finite', `${name} is ${bad}.`, { update, value: bad, limit: Number.MAX_VALUE });
    }
  }
}

/** What the rules carry from update to update. */
export interface Watch {
  /** Updates in a row with accuracy exactly 0 or 1. */
  readonly stuck: number;
  /** Largest |x| of a sample of the flow that entered, before its first move. */
  readonly reach: number;
}

/** Throws DivergedError if a rule is broken. `moved`: the flow that drew the samples is no longer the one that entered. */
export function checkDivergence(config: DivergenceConfig, update: number, metrics: Watched, before: Watch, moved: boolean): Watch {
  checkFinite(update, metrics);
  const { maxValue, stuckAccuracyUpdates } = config;
  if (Math.abs(metrics.value) > maxValue) {
    throw new DivergedError('value-bound', `|value| is ${Math.abs(metrics.value)}, over divergence.maxValue = ${maxValue}.`, {
      update, value: metrics.value, limit: maxValue });
  }
  const { maxSample = 0 } = metrics;
  const limit = sampleLimit(config, before);
  if (moved && maxSample > limit) {
    throw new DivergedError('sample-range', `a flow sample reaches |x| = ${maxSample}, over ${limit}: the larger of divergence.maxSample = ${config.maxSample} `
      + `and divergence.maxSampleGrowth = ${config.maxSampleGrowth} times the ${before.reach} of the flow that entered.`, { update, value: maxSample, limit });
  }
  const stuck = metrics.accuracy === 0 || metrics.accuracy === 1 ? before.stuck + 1 : 0;
  if (stuckAccuracyUpdates !== null && stuck >= stuckAccuracyUpdates) {
    throw new DivergedError('stuck-accuracy', `accuracy was ${metrics.accuracy} for ${stuck} updates in a row, the limit of divergence.stuckAccuracyUpdates.`, {
      update, value: metrics.accuracy ?? Number.NaN, limit: stuckAccuracyUpdates });
  }
  return { stuck, reach: moved ? before.reach : Math.max(before.reach, maxSample) };
}

/** No rollback could mend a flow that entered beyond the bound. */
const sampleLimit = ({ maxSample, maxSampleGrowth }: DivergenceConfig, { reach }: Watch): number =>
  maxSample === null ? Infinity : Math.max(maxSample, maxSampleGrowth * reach);
