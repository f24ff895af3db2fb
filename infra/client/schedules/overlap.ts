/** What happens when a schedule is due while its last run is still going on. */
import type { ScheduleOverlapPolicy } from '@temporalio/client';
import { Option } from 'commander';

export const overlaps = {
  skip: 'the one that is due is left out',
  'buffer-one': 'one waits until the last has ended, further ones are left out',
  'buffer-all': 'all wait and follow one after another',
  'cancel-other': 'the one going on is cancelled; its run can be resumed',
  'terminate-other': 'the one going on is ended at once, without a record of its end',
  'allow-all':
    'they share the machine; none of them pauses the schedule when it fails, whatever --on-failure says',
} as const;
export type Overlap = keyof typeof overlaps;

export const overlapOf = (name: Overlap): ScheduleOverlapPolicy =>
  name.toUpperCase().replace('-', '_') as ScheduleOverlapPolicy;

export const overlapName = (policy: NonNullable<ScheduleOverlapPolicy>): string =>
  policy.toLowerCase().replace('_', '-');

export function overlapOption(initial: Overlap): Option {
  return new Option('--overlap <policy>', 'what happens when one is due while the last goes on, see below')
    .choices(Object.keys(overlaps))
    .default(initial);
}

export function overlapHelp(): string {
  const width = Math.max(...Object.keys(overlaps).map((name) => name.length));
  return `Where the last run still goes on:\n${Object.entries(overlaps)
    .map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`)
    .join('\n')}`;
}
