/** One sweep: its trials, the best first, and what is under way. */
import { html, type Markup } from '../../../activities/report/html.ts';
import type { RecordedTrial, RungResult, SweepRecord } from '../../../activities/sweep/contracts.ts';
import type { SweepStatus } from '../../../workflows/shared/status.ts';
import { bestOfSweep, configurationsOf, fewerRule } from '../../../activities/sweep/configurations.ts';
import { duration, number } from '../../base/format.ts';
import { intervalText, seedsText, summaryCells, valueText } from '../../client/sweeps/texts.ts';
import { shortNames } from '../../client/sweeps/short-names.ts';
import { rankedTrials } from '../../client/sweeps/ranking.ts';
import { button, link, nothing, plain, stateLine, table, when } from './parts.ts';

export interface SweepPage {
  readonly record: SweepRecord;
  readonly idle: boolean;
  /** What its workflow answers; null where nobody answers. */
  readonly status: SweepStatus | null;
  readonly temporalUi: string | null;
  readonly token: string;
  readonly said: string | null;
}

export function sweepPage(shown: SweepPage): Markup {
  const {
    record: { sweep, trials, failure },
    status,
    said,
  } = shown;
  return html`<h1 class="lead">${sweep.id}</h1><p class="meta lead">sweep of <code>${sweep.base.experiment}</code>, ${sweep.sampler.kind}, seed ${sweep.seed}, started ${when(sweep.base.startedAt)}</p>
${state(shown)}${failure !== null && html`<p class="notice">${failure}</p>`}
<p><label>Trials that have ended <progress max="${sweep.trials}" value="${trials.length}"></progress></label> ${trials.length} of ${sweep.trials}</p>
${actions(shown)}${said !== null && html`<p class="notice" role="status" id="said">${said}</p>`}${links(shown)}
${status !== null && status.running.length > 0 && html`<h2>Under way</h2><ul>${status.running.map(({ trial, runId }) => html`<li>trial ${trial}: ${link('run', runId)}</li>`)}</ul>`}
${best(shown.record)}${configurationTable(shown.record)}
<h2>Trials</h2>${trials.length === 0 ? html`<p>None has ended yet.</p>` : trialTable(shown.record)}`;
}

function best(record: SweepRecord): Markup | null {
  const one = bestOfSweep(record);
  if (one === null) return null;
  const { trial, value, seeds, runId, command } = one;
  const { metric } = record.sweep.objective;
  const what =
    seeds === undefined
      ? html`Trial ${trial}, ${metric} ${number(value)}: ${link('run', runId)}`
      : html`A configuration, ${metric} ${number(value)}, mean of ${seedsText(seeds)} (<code>--set seed=N</code>, N one of ${seeds.join(', ')})`;
  return html`<h2>Best</h2><p>${what}</p><pre><code>${command}</code></pre>`;
}

/** null: seeds are not swept. */
function configurationTable(record: SweepRecord): Markup | null {
  const configurations = configurationsOf(record) ?? [];
  if (configurations.length === 0) return null;
  const paths = Object.keys(configurations[0]!.values);
  const { metric } = record.sweep.objective;
  const rows = configurations.map(({ values, objective, trials, difference }, index) => ({
    head: String(index + 1),
    cells: [
      ...paths.map((path) => valueText(values[path])),
      objective.n < trials.length ? `${objective.n} of ${trials.length}` : String(objective.n),
      ...summaryCells(objective),
      difference?.mean === null || difference === null
        ? nothing
        : `${number(difference.mean)} (${intervalText(difference.interval)})`,
    ],
  }));
  const columns = [
    'Configuration',
    ...shortNames(paths),
    'Seeds',
    'Mean',
    'Deviation',
    '95 % of the mean',
    'Minus the first, by seed',
  ].map((header) => ({ header }));
  return html`<h2>Configurations</h2>${table(`${metric} over seeds, the best first`, columns, rows)}
${configurations.some(({ fewer }) => fewer) && html`<p>${fewerRule}</p>`}`;
}

function state({ record: { status }, idle }: SweepPage): Markup {
  if (status !== 'running') return stateLine(status, `The sweep has ended: ${status}.`);
  return idle ? stateLine('idle', 'Nobody works on this sweep.') : stateLine('under way', 'Under way');
}

function actions({
  record: {
    sweep: { id },
    status,
  },
  idle,
  token,
}: SweepPage): Markup {
  const isOpen = status === 'running' && !idle;
  return html`<div class="actions">${isOpen && button({ action: 'cancel', kind: 'sweep', id, token })}${!isOpen && status !== 'completed' && button({ action: 'resume', kind: 'sweep', id, token })}</div>`;
}

function links({
  record: {
    sweep: { id },
  },
  temporalUi,
}: SweepPage): Markup {
  return html`<ul class="links"><li><a href="/sweeps/${encodeURIComponent(id)}/report.html">Report</a></li>${temporalUi !== null && html`<li><a href="${temporalUi}">Workflow in Temporal</a></li>`}</ul>`;
}

function trialTable(record: SweepRecord): Markup {
  const {
    sweep: {
      parameters,
      objective: { metric },
      halving,
    },
  } = record;
  const paths = Object.keys(parameters);
  const rungs = Array.from({ length: (halving?.rungs.length ?? 0) + 1 }, (_, rung) => rung);
  const names = rungs.map((rung) =>
    halving === null ? metric : `${metric} ${halving.rungs[rung] ?? 'all'}`,
  );
  const columns = [
    ...['Trial', ...shortNames(paths), ...names, 'Time'].map((header) => ({ header })),
    plain('Run'),
  ];
  return table(
    'Trials, the best first',
    columns,
    rankedTrials(record).map((trial: RecordedTrial) => ({
      head: String(trial.trial),
      cells: [
        ...paths.map((path) => valueText(trial.values[path])),
        ...rungs.map((rung) => resultText(trial.rungs.find((one) => one.rung === rung))),
        duration(trial.rungs.reduce((sum, { seconds }) => sum + seconds, 0)),
        link('run', trial.runId),
      ],
    })),
  );
}

function resultText(result: RungResult | undefined): string {
  if (result === undefined) return nothing;
  return result.value === null ? (result.failure?.type ?? result.status) : number(result.value);
}
