/** What is remembered between updates of whose turn it is. */

export interface TurnState {
  /** Smoothed accuracy and V over the steps so far; null before the first. */
  readonly accuracy: number | null;
  readonly value: number | null;
  /** Moves made in the current round of fixed ratios. */
  readonly move: number;
}

export const firstTurnState: TurnState = { accuracy: null, value: null, move: 0 };
