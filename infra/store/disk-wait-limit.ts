/** How long work waits for room on a full disk before its run ends: a day, or what COUNTERFLOW_ROOM_WITHIN_S
 *  says, in seconds. */
import { defaultLimits } from '../../activities/step/heartbeat.ts';

export function roomWithinMs(): number {
  const seconds = Number(process.env['COUNTERFLOW_ROOM_WITHIN_S'] || NaN);
  return seconds >= 0 ? seconds * 1000 : defaultLimits.roomWithinMs;
}
