import type { RunStatusName } from '../../../activities/contracts/names.ts';
import type { Colors } from './colors.ts';

/** A run's status for people. `idle`: it is recorded as running, but nobody works on it. `paused`: one of its
 *  trainings was told to hold. */
export function statusText(status: RunStatusName, idle: boolean, colors: Colors, paused = false): string {
  const word = paused ? 'paused' : status;
  if (idle) return colors.yellow(`${word}, idle`);
  if (paused) return colors.yellow(word);
  const paint = {
    running: colors.cyan,
    completed: colors.green,
    failed: colors.red,
    cancelled: colors.yellow,
  }[status];
  return paint ? paint(status) : status;
}
