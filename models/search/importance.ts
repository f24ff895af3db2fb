/** How much each searched setting decides the objective: main effects by an analysis of variance on ranks,
 *  which asks for no model and no distribution. Of any shape, not of straight lines alone: a learning rate
 *  that is best in the middle counts. Source: Kruskal and Wallis 1952; epsilon squared, Kelley 1935. */
import { numbersIn, unitPlace, type Parameter, type Value } from './parameter.ts';

export interface Importance {
  readonly name: string;
  /** Epsilon squared in [0, 1]: share of the variance of the objective's ranks that lies between groups of
   *  the setting's values, corrected for chance. */
  readonly share: number;
  /** Spearman's rank correlation with the objective; null where the values have no order. */
  readonly correlation: number | null;
  readonly groups: number;
}

export interface ScoredTrial {
  readonly values: Readonly<Record<string, Value>>;
  readonly objective: number;
}

/** Fewer say nothing. */
export const fewestTrials = 8;

/** The most important first; empty where there are too few. */
export function importances(
  parameters: Readonly<Record<string, Parameter>>,
  trials: readonly ScoredTrial[],
): Importance[] {
  if (trials.length < fewestTrials) return [];
  const ranks = ranksOf(trials.map(({ objective }) => objective));
  return Object.entries(parameters)
    .map(([name, parameter]): Importance => {
      const places = trials.map(({ values }) => unitPlace(parameter, values[name]!));
      const groups = groupsOf(parameter, places);
      return {
        name,
        share: epsilonSquared(ranks, groups),
        correlation: parameter.kind === 'choice' ? null : correlation(ranksOf(places), ranks),
        groups: new Set(groups).size,
      };
    })
    .sort((a, b) => b.share - a.share);
}

/** Share of the variance of the objective's ranks that lies within the groups, in [0, 1]: 1 - epsilon
 *  squared. Where a group's trials differ by their seed alone it is what chance decides. null: no group has
 *  two trials, there is one group alone, there are too few trials, or all objectives are equal. */
export function shareWithin(objectives: readonly number[], groups: readonly number[]): number | null {
  const count = new Set(groups).size;
  return objectives.length < fewestTrials
    || count < 2
    || count === groups.length
    || new Set(objectives).size === 1
    ? null
    : 1 - epsilonSquared(ranksOf(objectives), groups);
}

/** Values of a choice and few whole numbers by themselves; else quarters of the trials, or thirds or halves
 *  of few. */
function groupsOf(parameter: Parameter, places: readonly number[]): number[] {
  const count = Math.min(4, Math.max(2, Math.floor(places.length / 5)));
  if (parameter.kind === 'choice' || (parameter.kind === 'int' && numbersIn(parameter) <= count))
    return [...places];
  return ranksOf(places).map((rank) =>
    Math.min(count - 1, Math.floor(((rank - 0.5) / places.length) * count)),
  );
}

/** (SSB - (k - 1) MSW) / SST, at least 0. */
function epsilonSquared(ranks: readonly number[], groups: readonly number[]): number {
  const members = new Map<number, number[]>();
  for (const [index, group] of groups.entries())
    members.set(group, [...(members.get(group) ?? []), ranks[index]!]);
  const total = squares(ranks);
  const within = [...members.values()].reduce((sum, group) => sum + squares(group), 0);
  const [k, n] = [members.size, ranks.length];
  if (total === 0 || k < 2 || n <= k) return 0;
  return Math.max(0, (total - within - ((k - 1) * within) / (n - k)) / total);
}

/** Sum of squared distances from the mean. */
function squares(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}

/** From 1 on; equal values share the mean of their ranks. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks: number[] = [];
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && order[end]!.value === order[start]!.value) end += 1;
    for (const { index } of order.slice(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (a.length + 1) / 2;
  const product = a.reduce((sum, value, index) => sum + (value - mean) * (b[index]! - mean), 0);
  const scale = Math.sqrt(squares(a) * squares(b));
  return scale === 0 ? 0 : product / scale;
}
