/** Where a search looks: trial i's values are a function of (parameters, seed, i), and under TPE of the
 *  results of the trials before its window. */
import { z } from 'zod';
import { gridPoint } from './grid.ts';
import type { Parameters, ParameterValues } from './parameter.ts';
import { randomPoint } from './random.ts';
import { sobolPoint } from './sobol.ts';
import { tpePoint, type ScoredPoint } from './tpe.ts';

export const samplerSchema = z.discriminatedUnion('kind', [
  /** Every combination. */
  z.strictObject({ kind: z.literal('grid') }),
  z.strictObject({ kind: z.literal('random') }),
  /** Spread more evenly than random, best in numbers of trials that are powers of two. */
  z.strictObject({ kind: z.literal('sobol') }),
  /** Learns from the results so far. */
  z.strictObject({
    kind: z.literal('tpe'),
    /** The first so many trials, at least, are Sobol's. */
    startup: z.int().min(1).default(10),
    /** The trials of a window know all windows before it and nothing of each other, so that they can go on at
     *  once and be repeated. */
    window: z.int().min(1).default(4),
    candidates: z.int().min(1).default(24),
  }),
]);
export type Sampler = z.infer<typeof samplerSchema>;

export interface Search {
  readonly parameters: Parameters;
  readonly sampler: Sampler;
  readonly seed: number;
}

/** How many trials, from the first, must have ended before this one's values can be said. */
export function knownTo(sampler: Sampler, trial: number): number {
  if (sampler.kind !== 'tpe') return 0;
  const known = trial - (trial % sampler.window);
  return known < sampler.startup ? 0 : known;
}

/** `ended`: the first `knownTo(sampler, trial)` trials, in their order. */
export function valuesOf(
  { parameters, sampler, seed }: Search,
  trial: number,
  ended: readonly ScoredPoint[],
): ParameterValues {
  switch (sampler.kind) {
    case 'grid':
      return gridPoint(parameters, trial);
    case 'random':
      return randomPoint(parameters, seed, trial);
    case 'sobol':
      return sobolPoint(parameters, seed, trial);
    case 'tpe':
      return ended.length === 0
        ? sobolPoint(parameters, seed, trial)
        : tpePoint(parameters, seed, trial, ended, sampler.candidates);
  }
}
