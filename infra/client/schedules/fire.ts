/** Firings that somebody asks for, and what became of them: the server takes them silently, and two of one
 *  second as one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ScheduleDescription, ScheduleHandle, ScheduleOverlapPolicy } from '@temporalio/client';
import { msNumberToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { withLock } from '../../store/lock.ts';
import { readRecord } from '../records/run-records.ts';
import { sweepIn } from '../records/sweep-records.ts';
import { dueId, runOf } from './schedule-view.ts';

/** Runs are named by the second they were due. */
const secondMs = 1000;
const lookEveryMs = 50;
/** The server answers within a tenth of a second; one that takes longer is not waited for. */
const takenWithinMs = 5000;

export interface Triggered {
  /** `begun`: its run is `run`. `waits`: for what goes on. `left-out`: the overlap policy says so. `unknown`:
   *  the server has not said within seconds. */
  readonly what: 'begun' | 'waits' | 'left-out' | 'unknown';
  readonly run: string | null;
}

/** Fires now; command lines of this machine do so one after another, a second apart, so that each has a run
 *  of its own. */
export async function triggerNow(
  handle: ScheduleHandle,
  subject: string,
  overlap: ScheduleOverlapPolicy,
): Promise<Triggered> {
  return withLock(`trigger of ${subject}`, async () => {
    const before = await handle.describe();
    const last = before.info.recentActions.at(-1)?.scheduledAt.getTime() ?? 0;
    await sleep(Math.min(secondMs, Math.max(0, last + secondMs - Date.now())));
    const startedAt = Date.now();
    await handle.trigger(overlap);
    const taken = await untilTaken(handle, before);
    await sleep(Math.max(0, startedAt + secondMs - Date.now()));
    return taken;
  });
}

async function untilTaken(handle: ScheduleHandle, before: ScheduleDescription): Promise<Triggered> {
  for (const startedAt = Date.now(); Date.now() - startedAt < takenWithinMs; await sleep(lookEveryMs)) {
    const now = await handle.describe();
    if (now.info.numActionsTaken > before.info.numActionsTaken)
      return { what: 'begun', run: runOf(handle.scheduleId, now.info.recentActions.at(-1)!) };
    if (waitingIn(now) > waitingIn(before)) return { what: 'waits', run: null };
    if (now.info.numActionsSkippedOverlap > before.info.numActionsSkippedOverlap)
      return { what: 'left-out', run: null };
  }
  return { what: 'unknown', run: null };
}

const waitingIn = ({ raw }: ScheduleDescription): number => Number(raw.info?.bufferSize ?? 0);

export const triggeredText = (name: string, { what, run }: Triggered): string =>
  ({
    begun: `${name} fires now: ${run}.`,
    waits: `${name} fires when what goes on has ended.`,
    'left-out': `${name} did not fire: its last run goes on, and --overlap skip leaves out what is due meanwhile.`,
    unknown: `${name} is to fire now; the server has not begun it yet.`,
  })[what];

/** The server lists no more at once. */
const mostListed = 1000;

interface Backfill {
  readonly from: Date;
  readonly to: Date;
  readonly overlap: ScheduleOverlapPolicy;
}

export interface Backfilled {
  /** ISO times for which it fires; null: more than the server lists. */
  readonly times: readonly string[] | null;
  /** Ids of what was completed before, in the folder of runs. */
  readonly completed: readonly string[];
}

/** Fires for all times of the schedule from the one moment to the other, both included. */
export async function backfillFor(
  client: Client,
  handle: ScheduleHandle,
  out: string,
  { from, to, overlap }: Backfill,
): Promise<Backfilled> {
  const all = await timesBetween(client, handle.scheduleId, from, to);
  const ids = all.map((time) => dueId(handle.scheduleId, time));
  const completed = (
    await Promise.all(ids.map(async (id) => ((await isCompleted(out, id)) ? [id] : [])))
  ).flat();
  await handle.backfill({ start: from, end: to, overlap });
  return { times: all.length < mostListed ? all : null, completed };
}

async function timesBetween(
  { workflowService, options: { namespace } }: Client,
  scheduleId: string,
  from: Date,
  to: Date,
): Promise<string[]> {
  // unlike a backfill it leaves out its very beginning
  const [startTime, endTime] = [from.getTime() - 1, to.getTime()].map(msNumberToTs);
  const { startTime: times } = await workflowService.listScheduleMatchingTimes({
    namespace,
    scheduleId,
    startTime,
    endTime,
  });
  return times.map((time) => new Date(tsToMs(time)).toISOString());
}

async function isCompleted(out: string, id: string): Promise<boolean> {
  const [record, sweep] = [
    await readRecord(out, id).catch(() => null),
    await sweepIn(out, id).catch(() => null),
  ];
  return (record ?? sweep)?.status === 'completed';
}

const mostNamed = 5;

export function backfilledLines(
  name: string,
  from: Date,
  to: Date,
  { times, completed }: Backfilled,
): string[] {
  const [count, between] = [times?.length, `from ${from.toISOString()} to ${to.toISOString()}`];
  if (count === 0) return [`${name} is due at no time ${between}: it does not fire.`];
  const named = `${completed.slice(0, mostNamed).join(', ')}${completed.length > mostNamed ? `, and ${completed.length - mostNamed} more` : ''}`;
  return [
    `${name} fires for `
      + `${count === undefined ? `more than ${mostListed} times` : count === 1 ? 'one time' : `${count} times`} `
      + `${between}.`,
    ...(completed.length === 0
      ? []
      : [
          `${completed.length} of them `
            + `${completed.length === 1 ? 'was completed before and stays as it is' : 'were completed before and stay as they are'}: `
            + `${named}.`,
        ]),
  ];
}
