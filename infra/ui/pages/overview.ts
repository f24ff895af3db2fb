/** All runs and sweeps of the folder. */
import { html, type Markup } from '../../../activities/report/html.ts';
import { bestOfSweep } from '../../../activities/sweep/configurations.ts';
import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { number } from '../../base/format.ts';
import { headlineText } from '../../client/runs/headline-text.ts';
import { invocation } from '../../base/invocation.ts';
import { nextTime, pausedText, whatText, type ScheduleView } from '../../client/schedules/schedule-view.ts';
import { seedsText } from '../../client/sweeps/texts.ts';
import type { Listed } from '../folder-listing.ts';
import { link, nothing, plain, table, when } from './parts.ts';

export interface Overview extends Listed {
  /** Ids of what is recorded as running while nobody works on it. */
  readonly idle: ReadonlySet<string>;
  /** Of the server that is there; none where there is no server. */
  readonly schedules: readonly ScheduleView[];
}

/** More are found with `counterflow list`. */
const most = 500;

const started = plain('Started');
const sweepColumns = [
  plain('Sweep'),
  plain('Experiment'),
  plain('Status'),
  { header: 'Trials ended' },
  { header: 'Best' },
  started,
];
const scheduleColumns = [
  plain('Schedule'),
  plain('What runs'),
  plain('Times'),
  { header: 'Next' },
  { header: 'Last' },
];
const runColumns = [
  plain('Run'),
  plain('Experiment'),
  plain('Status'),
  plain('Result'),
  { header: 'Seed' },
  started,
];

export function overview({ runs, sweeps, unreadable, schedules, idle }: Overview): Markup {
  const statusOf = (status: string, id: string): string => (idle.has(id) ? `${status}, idle` : status);
  const open = runs.filter(({ status, id }) => status === 'running' && !idle.has(id)).length;
  return html`<h1 class="lead">Runs and sweeps</h1><p role="status" id="state">${open === 0 ? 'Nothing is under way.' : `${open} ${open === 1 ? 'run is' : 'runs are'} under way.`}</p>
${unreadable.map(({ id, reason }) => html`<p class="notice"><b>${id}</b>: ${reason}</p>`)}
${
  sweeps.length > 0
  && html`<h2>Sweeps</h2>${table(
    'Sweeps, newest first',
    sweepColumns,
    sweeps.map((record) => ({
      head: link('sweep', record.sweep.id),
      cells: [
        record.sweep.base.experiment,
        statusOf(record.status, record.sweep.id),
        `${record.trials.length} of ${record.sweep.trials}`,
        bestText(record),
        when(record.sweep.base.startedAt),
      ],
    })),
  )}`
}
${
  schedules.length > 0
  && html`<h2>Schedules</h2>${table(
    'Schedules',
    scheduleColumns,
    schedules.map((schedule) => ({
      head: schedule.name,
      cells: [
        whatText(schedule),
        schedule.times,
        schedule.paused ? pausedText(schedule) : nextTime(schedule),
        lastOf(schedule, runs, sweeps),
      ],
    })),
  )}`
}
<h2>Runs</h2>${
    runs.length === 0
      ? html`<p>There are none yet. <code>${invocation} run eight-gaussians</code> makes one.</p>`
      : table(
          'Runs, newest first',
          runColumns,
          runs.slice(0, most).map(({ id, experiment, status, headline, until, seed, startedAt }) => ({
            head: link('run', id),
            cells: [
              experiment,
              statusOf(status, id),
              headline ? headlineText(headline, until) : nothing,
              String(seed),
              when(startedAt),
            ],
          })),
        )
  }
${runs.length > most && html`<p>And ${runs.length - most} older ones: <code>${invocation} list</code> has them all.</p>`}`;
}

function bestText(record: SweepRecord): string {
  const best = bestOfSweep(record);
  return best === null
    ? nothing
    : `${record.sweep.objective.metric} `
        + `${number(best.value)}${best.seeds === undefined ? '' : `, mean of ${seedsText(best.seeds)}`}`;
}

/** Linked where this folder has it: others may have schedules on the same server. */
function lastOf(
  { sweep, runs: fired }: ScheduleView,
  runs: Listed['runs'],
  sweeps: Listed['sweeps'],
): Markup | string {
  const last = fired.at(-1)?.run;
  if (last === undefined) return nothing;
  const isKnown =
    sweep === null ? runs.some(({ id }) => id === last) : sweeps.some((record) => record.sweep.id === last);
  return isKnown ? link(sweep === null ? 'run' : 'sweep', last) : last;
}
