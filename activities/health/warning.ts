/** What makes a run's figures doubtful although it ran to its end: its exit code stays 0, and it is said
 *  wherever people look. */
import type { TrainingName } from '../contracts/names.ts';

/** `saturated`: data and samples are told apart with certainty, the flow learns nothing more. `lost-ebm`: V
 *  is far below what a coin would have. `log-prob-moves`: steps of the flow move its densities too far.
 *  `gradient-norm`: it has grown beyond its beginning. `not-finite`: a result is no number.
 *  `worse-than-uniform`: a density of images is worse than none. `log-normalizer`: too few samples carry its
 *  estimate. */
export type WarningKind =
  | 'saturated'
  | 'lost-ebm'
  | 'log-prob-moves'
  | 'gradient-norm'
  | 'not-finite'
  | 'worse-than-uniform'
  | 'log-normalizer';

export interface Warning {
  readonly what: WarningKind;
  /** Left out where it is of the results. */
  readonly training?: TrainingName;
  readonly sentence: string;
  readonly details: Readonly<Record<string, string | number>>;
}
