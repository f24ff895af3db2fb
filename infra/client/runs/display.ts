/** Where the progress of a run is shown. */
import type { RunView } from './active-step.ts';

export interface Display {
  show(view: RunView): void;
  /** A line that stays, above the progress. */
  say(line: string): void;
  /** What a run had decided before the command began: people are told how much that is, programs all of
   *  it. */
  recall(runId: string, sentences: readonly string[]): void;
  /** Removes the progress from the terminal; what was said stays. */
  close(): void;
}
