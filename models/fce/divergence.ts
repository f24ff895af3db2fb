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

/** Throws DivergedError if a rule is broken; returns for how many updates in a row accuracy has been exactly 0 or 1. */
export function checkDivergence(config: DivergenceConfig, update: number, metrics: Watched, stuckBefore: number): number {
  checkFinite(update, metrics);
  const { maxValue, maxSample, stuckAccuracyUpdates } = config;
  if (Math.abs(metrics.value) > maxValue) {
    throw new DivergedError('value-bound', `|value| is ${Math.abs(metrics.value)}, over divergence.maxValue = ${maxValue}.`, {
      update, value: metrics.value, limit: maxValue });
  }
  if (maxSample !== null && metrics.maxSample !== undefined && metrics.maxSample > maxSample) {
    throw new DivergedError('sample-range', `a flow sample reaches |x| = ${metrics.maxSample}, over divergence.maxSample = ${maxSample}.`, {
      update, value: metrics.maxSample, limit: maxSample });
  }
  const stuck = metrics.accuracy === 0 || metrics.accuracy === 1 ? stuckBefore + 1 : 0;
  if (stuckAccuracyUpdates !== null && stuck >= stuckAccuracyUpdates) {
    throw new DivergedError('stuck-accuracy', `accuracy was ${metrics.accuracy} for ${stuck} updates in a row, the limit of divergence.stuckAccuracyUpdates.`, {
      update, value: metrics.accuracy ?? Number.NaN, limit: stuckAccuracyUpdates });
  }
  return stuck;
}
