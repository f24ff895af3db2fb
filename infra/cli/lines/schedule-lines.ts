/** Schedules as people and programs read them. */
import { localTime } from '../../base/format.ts';
import {
  nextTime,
  pausedText,
  type ScheduleDetails,
  type ScheduleView,
  whatText,
} from '../../client/schedules/schedule-view.ts';
import { everyText, ownTimeZone } from '../../client/schedules/times.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';

export function scheduleTable(views: readonly ScheduleView[], colors: Colors): string[] {
  const head = ['schedule', 'experiment', 'times', `next, ${ownTimeZone()}`, 'last run'].map(colors.dim);
  return columns([
    head,
    ...views.map((view) => [
      view.name,
      whatText(view),
      view.times,
      nextText(view, colors),
      view.runs.at(-1)?.run ?? '-',
    ]),
  ]);
}

const nextText = (view: ScheduleView, colors: Colors): string =>
  view.paused ? colors.yellow('paused') : nextTime(view);

/** One that fires no more by itself is not on. */
function stateText(schedule: ScheduleDetails, colors: Colors): string {
  if (schedule.paused) return colors.yellow(pausedText(schedule));
  if (schedule.left === 0) return colors.yellow('used up: it has fired as often as it was to');
  return schedule.next.length === 0 ? colors.yellow('over: it is never due again') : 'on';
}

export function detailLines(schedule: ScheduleDetails, colors: Colors): string[] {
  const { next, runs, left, catchUpSeconds, taken, skipped, missed } = schedule;
  return [
    colors.bold(schedule.name),
    ...columns([
      ['experiment', whatText(schedule)],
      ['command', schedule.command],
      ['times', schedule.times],
      ['state', stateText(schedule, colors)],
      [
        'next',
        next.length === 0 ? 'never' : `${next.slice(0, 3).map(localTime).join(', ')}, ${ownTimeZone()}`,
      ],
      ...(schedule.newSeeds === null
        ? []
        : [
            [
              'seeds',
              schedule.newSeeds
                ? 'each its own: the time it was due'
                : 'always the same: what did not change is found, not computed',
            ],
          ]),
      ['overlap', schedule.overlap],
      ['catch-up', everyText(1000 * catchUpSeconds)],
      ['on failure', schedule.pausesOnFailure ? 'pause' : 'go on'],
      ...(left === null ? [] : [['left', String(left)]]),
      ['so far', `${taken} begun, ${skipped} left out for overlap, ${missed} missed for good`],
      ...runs
        .slice(-5)
        .map(({ due, run }, index) => [
          index === 0 ? (schedule.sweep === null ? 'runs' : 'sweeps') : '',
          `${run}  due ${localTime(due)}`,
        ]),
    ]).map((line) => `  ${line}`),
  ];
}
