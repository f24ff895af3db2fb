import type { RunStatusName } from '../../activities/contracts.ts';
import type { Colors } from './colors.ts';

/** A run's status for people. `idle`: it is recorded as running, but nobody works on it. */
export function statusText(status: RunStatusName, idle: boolean, colors: Colors): string {
  if (idle) return colors.yellow(`${status}, idle`);
  const paint = { running: colors.cyan, completed: colors.green, failed: colors.red, cancelled: colors.yellow }[status];
  return paint ? paint(status) : status;
}
