/** When a training has diverged. Pure functions of the metrics; the workflow decides what to do about it. */
import { median } from '../metrics/median.ts';
import type { DivergenceConfig } from './config.ts';
import { updateRange, emptyRange, type RunningRange } from './running-range.ts';
import type { PlayerName } from './player.ts';

export type DivergenceRule =
  | 'non-finite'
  | 'value-bound'
  | 'value-growth'
  | 'lost-flow'
  | 'gradient-growth'
  | 'stuck-accuracy'
  | 'sample-range';

interface Sign {
  readonly update: number;
  readonly value: number;
  readonly limit: number;
  /** Updates made before the first sign of it; left out for that of this update. */
  readonly since?: number;
  /** Whose or which, where the rule does not say it: a player, a metric, a variable. */
  readonly of?: string;
}

export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly rule: DivergenceRule;
  readonly update: number;
  readonly value: number;
  readonly limit: number;
  /** Weights after so many updates, or more, are suspect: an update's metrics are of the weights before
   *  it. */
  readonly since: number;
  readonly of: string | undefined;
  /** What the updates that led to it said of themselves, oldest first; whoever made them puts them here. */
  lines: readonly Readonly<Record<string, number | string>>[] = [];

  constructor(
    rule: DivergenceRule,
    sentence: string,
    { update, value, limit, since = update - 1, of }: Sign,
  ) {
    super(`Diverged at update ${update}: ${sentence}`);
    [this.rule, this.update, this.value, this.limit, this.since, this.of] = [
      rule,
      update,
      value,
      limit,
      since,
      of,
    ];
  }
}

/** What the rules look at: every output of a step; a metric that a training does not have is left out. */
export interface Watched extends Readonly<Record<string, number | undefined>> {
  readonly value: number;
  readonly gradNorm?: number;
  readonly accuracy?: number;
  readonly maxSample?: number;
  /** Mean log q on data, nats: part of the flow's loss that V may not show. */
  readonly logProb?: number;
}

/** Throws DivergedError where a metric, or any value of a variable, is not finite. */
export function checkFinite(
  update: number,
  values: Readonly<Record<string, number | undefined | ArrayLike<number>>>,
  since?: number,
): void {
  for (const [name, value] of Object.entries(values)) {
    const bad = typeof value === 'object' ? firstNotFinite(value) : value;
    if (bad !== undefined && !Number.isFinite(bad)) {
      throw new DivergedError('non-finite', `${name} is ${bad}.`, {
        update,
        value: bad,
        limit: Number.MAX_VALUE,
        ...(since !== undefined && { since }),
        of: name,
      });
    }
  }
}

/** A plain loop: a large model's checkpoint has 176 million values. */
function firstNotFinite(values: ArrayLike<number>): number | undefined {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return values[i];
  return undefined;
}

/** What the rules carry from update to update. */
export interface DivergenceState {
  /** Updates in a row with accuracy at 0 or 1. */
  readonly stuck: number;
  /** Largest |x| of a sample of the flow that entered, before its first move. */
  readonly reach: number;
  readonly value: RunningRange;
  readonly logProb: RunningRange;
  /** By player; one that has not moved yet is absent. */
  readonly gradNorm: Readonly<Record<PlayerName, RunningRange>>;
}
export const firstDivergenceState: DivergenceState = {
  stuck: 0,
  reach: 0,
  value: emptyRange,
  logProb: emptyRange,
  gradNorm: {},
};

/** The update that is looked at. */
export interface StepInfo {
  readonly update: number;
  readonly turn: PlayerName;
  /** The flow that drew the samples is no longer the one that entered. */
  readonly moved: boolean;
  /** No update follows that could show more. */
  readonly last: boolean;
  /** Numbers in a point or an image. */
  readonly dim: number;
}

/** Throws DivergedError if a rule is broken. */
export function checkDivergence(
  config: DivergenceConfig,
  at: StepInfo,
  metrics: Watched,
  before: DivergenceState,
): DivergenceState {
  checkFirst(config, at, metrics, before);
  checkFinite(at.update, metrics, sinceOf(at, before));
  const watch: DivergenceState = {
    stuck: isStuck(config, metrics) ? before.stuck + 1 : 0,
    reach: at.moved ? before.reach : Math.max(before.reach, metrics.maxSample ?? 0),
    value: valueHistory(config, at, metrics.value, before.value),
    logProb:
      metrics.logProb === undefined
        ? before.logProb
        : valueHistory(config, at, metrics.logProb, before.logProb),
    gradNorm: {
      ...before.gradNorm,
      ...(metrics.gradNorm !== undefined && {
        [at.turn]: gradNormHistory(config, at, metrics.gradNorm, before),
      }),
    },
  };
  checkBounds(config, at, metrics, watch);
  checkGrowth(config, at, watch);
  checkAccuracy(config, at, metrics, watch);
  return watch;
}

/** The first sign: a statistic that is beyond its range may have been so for some updates. */
const sinceOf = ({ update }: StepInfo, { value, logProb, gradNorm }: DivergenceState): number =>
  Math.min(
    update - 1,
    ...[value, logProb, ...Object.values(gradNorm)]
      .filter(({ beyond }) => beyond.length > 0)
      .map(({ since }) => since),
  );

/** Some statistic is out of its range: the weights may be lost. */
export const isSuspect = ({ value, logProb, gradNorm }: DivergenceState): boolean =>
  [value, logProb, ...Object.values(gradNorm)].some(({ beyond }) => beyond.length > 0);

/** The first log q has no others to be held against. */
function checkFirst(
  { minFirstLogProb }: DivergenceConfig,
  { update, dim }: StepInfo,
  { logProb }: Watched,
  before: DivergenceState,
): void {
  if (
    logProb === undefined
    || minFirstLogProb === null
    || before.logProb.at > 0
    || !(logProb / dim < minFirstLogProb)
  )
    return;
  throw new DivergedError(
    'lost-flow',
    `log q on data is ${logProb / dim} nats per dimension at first, under divergence.minFirstLogProb `
      + `= ${minFirstLogProb}.`,
    {
      update,
      value: logProb / dim,
      limit: minFirstLogProb,
    },
  );
}

function checkBounds(
  { maxValue, maxSample, maxSampleGrowth }: DivergenceConfig,
  at: StepInfo,
  metrics: Watched,
  watch: DivergenceState,
): void {
  const sign = { update: at.update, since: sinceOf(at, watch) };
  if (Math.abs(metrics.value) > maxValue) {
    throw new DivergedError(
      'value-bound',
      `|value| is ${Math.abs(metrics.value)}, over divergence.maxValue = ${maxValue}.`,
      { ...sign, value: metrics.value, limit: maxValue },
    );
  }
  // no rollback could mend a flow that entered beyond the bound
  const limit = maxSample === null ? Infinity : Math.max(maxSample, maxSampleGrowth * watch.reach);
  if (at.moved && metrics.maxSample !== undefined && metrics.maxSample > limit) {
    throw new DivergedError(
      'sample-range',
      `a flow sample reaches |x| = ${metrics.maxSample}, over ${limit}: the larger of `
        + `divergence.maxSample = ${maxSample} and divergence.maxSampleGrowth = ${maxSampleGrowth} times `
        + `the ${watch.reach} of the flow that entered.`,
      { ...sign, value: metrics.maxSample, limit },
    );
  }
}

function valueHistory(
  { maxValueGrowth, growthWindow }: DivergenceConfig,
  { update }: StepInfo,
  value: number,
  before: RunningRange,
): RunningRange {
  return updateRange(
    before,
    value,
    update,
    growthWindow,
    (now, middle) => maxValueGrowth !== null && Math.abs(now - middle) > farthest(maxValueGrowth, middle),
  );
}

function gradNormHistory(
  { maxGradNormGrowth, growthWindow, growthUpdates }: DivergenceConfig,
  { update, turn }: StepInfo,
  norm: number,
  { gradNorm }: DivergenceState,
): RunningRange {
  const before = gradNorm[turn] ?? emptyRange;
  const isKnown = before.recent.length >= Math.min(growthUpdates, growthWindow);
  return updateRange(
    before,
    norm,
    update,
    growthWindow,
    (now, middle) => isKnown && maxGradNormGrowth !== null && now > maxGradNormGrowth * middle,
  );
}

const farthest = (growth: number, middle: number): number => growth * (1 + Math.abs(middle));

function checkGrowth(
  config: DivergenceConfig,
  { update, last }: StepInfo,
  { value, logProb, gradNorm }: DivergenceState,
): void {
  const isOver = ({ beyond }: RunningRange): boolean => beyond.length >= (last ? 1 : config.growthUpdates);
  const sign = ({ beyond, since }: RunningRange, limit: number, of: string): Sign => ({
    update,
    value: beyond.at(-1)!,
    limit,
    since,
    of,
  });
  for (const [of, history] of Object.entries({ value, logProb }).filter(([, one]) => isOver(one))) {
    const middle = median(history.recent);
    const limit =
      middle + Math.sign(history.beyond.at(-1)! - middle) * farthest(config.maxValueGrowth!, middle);
    throw new DivergedError(
      'value-growth',
      `${of} is ${history.beyond.at(-1)}, beyond ${limit} ${times(history)}: `
        + `divergence.maxValueGrowth = ${config.maxValueGrowth} times 1 + |m| from the median m = `
        + `${middle} before.`,
      sign(history, limit, of),
    );
  }
  for (const [player, history] of Object.entries(gradNorm).filter(([, one]) => isOver(one))) {
    const limit = config.maxGradNormGrowth! * median(history.recent);
    throw new DivergedError(
      'gradient-growth',
      `the gradient norm of ${player} is ${history.beyond.at(-1)}, over ${limit} ${times(history)}: `
        + `divergence.maxGradNormGrowth = ${config.maxGradNormGrowth} times the median before.`,
      sign(history, limit, player),
    );
  }
}

const times = ({ beyond }: RunningRange): string =>
  beyond.length === 1 ? 'in the last update' : `for ${beyond.length} updates in a row`;

const isStuck = ({ stuckAccuracyMargin: margin }: DivergenceConfig, { accuracy }: Watched): boolean =>
  accuracy !== undefined && (accuracy <= margin || accuracy >= 1 - margin);

function checkAccuracy(
  { stuckAccuracyUpdates }: DivergenceConfig,
  { update }: StepInfo,
  { accuracy }: Watched,
  { stuck }: DivergenceState,
): void {
  if (stuckAccuracyUpdates === null || stuck < stuckAccuracyUpdates) return;
  throw new DivergedError(
    'stuck-accuracy',
    `accuracy was ${accuracy} for ${stuck} updates in a row, the limit of divergence.stuckAccuracyUpdates.`,
    {
      update,
      value: accuracy!,
      limit: stuckAccuracyUpdates,
      since: update - stuck,
    },
  );
}
