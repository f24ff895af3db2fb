/** When a schedule fires, and how durations, time zones and moments are read from a command line. */
import type { ScheduleSpec } from '@temporalio/client';
import { msToNumber, type Duration } from '@temporalio/common/lib/time.js';
import { InvalidArgumentError } from 'commander';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';

export interface Times {
  /** Five fields, or six with a year, or seven with seconds too. */
  readonly cron?: readonly string[];
  /** Milliseconds. */
  readonly every?: number;
  /** Of the cron expressions; an IANA name. */
  readonly timeZone: string;
}

export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Throws CounterflowError unless there is exactly one of the two. */
export function scheduleSpec({ cron = [], every, timeZone }: Times): ScheduleSpec {
  if (cron.length > 0 === (every !== undefined)) {
    throw new CounterflowError(
      exitCodes.badInput,
      `Expected --cron '0 3 * * *' or --every 6h, got ${every === undefined ? 'neither' : 'both'}.`,
    );
  }
  return every === undefined
    ? { cronExpressions: [...cron], timezone: timeZone }
    : { intervals: [{ every }], timezone: timeZone };
}

export function timesText({ cron = [], every, timeZone }: Times): string {
  return every === undefined ? `${cron.join(' and ')}, ${timeZone}` : `every ${everyText(every)}`;
}

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** Milliseconds, in the largest unit that they are a whole number of. */
export function everyText(every: number): string {
  const [size, unit] = units.find(([ms]) => every % ms === 0) ?? [1, 'ms'];
  return `${every / size} ${unit}`;
}

/** Milliseconds. */
export function readDuration(text: string): number {
  const refused = new InvalidArgumentError('Expected a time of at least a second, as in 90s, 30m, 6h or 2d.');
  if (!/\d\s*[a-z]+$/i.test(text)) throw refused;
  try {
    const ms = msToNumber(text as Duration);
    if (ms >= 1000) return ms;
  } catch {
    throw refused;
  }
  throw refused;
}

export function readTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('Expected an IANA time zone, as in Europe/Berlin or UTC.');
  }
}

/** A date alone is its first moment; what names no zone is UTC. */
export function readMoment(text: string): Date {
  const [, day, time = 'T00:00', zone = 'Z'] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? [];
  const moment = new Date(`${day}${time}${zone}`);
  if (day === undefined || Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError(
      'Expected a date or a moment, as in 2026-11-01, 2026-11-01T03:00Z or 2026-11-01T03:00+01:00; '
        + 'without a zone it is UTC.',
    );
  return moment;
}
