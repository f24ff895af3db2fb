/** One sweep: its trials, the best first, and what is under way. */
import { html, type Markup } from '../../../activities/report/html.ts';
import type { RecordedTrial, RungResult, SweepRecord } from '../../../activities/sweep/contracts.ts';
import type { SweepStatus } from '../../../workflows/status.ts';
import { duration, number } from '../../cli/format.ts';
import { rankedTrials, shortNames, valueText } from '../../cli/sweep/sweep-lines.ts';
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
  const { record: { sweep, best, trials, failure }, status, said } = shown;
  return html`<h1 class="lead">${sweep.id}</h1><p class="meta lead">sweep of <code>${sweep.base.experiment}</code>, ${sweep.sampler.kind}, seed ${sweep.seed}, started ${when(sweep.base.startedAt)}</p>
${state(shown)}${failure !== null && html`<p class="notice">${failure}</p>`}
<p><label>Trials that have ended <progress max="${sweep.trials}" value="${trials.length}"></progress></label> ${trials.length} of ${sweep.trials}</p>
${deeds(shown)}${said !== null && html`<p class="notice" role="status" id="said">${said}</p>`}${links(shown)}
${status !== null && status.running.length > 0 && html`<h2>Under way</h2><ul>${status.running.map(({ trial, runId }) => html`<li>trial ${trial}: ${link('run', runId)}</li>`)}</ul>`}
${best !== null && html`<h2>Best</h2><p>Trial ${best.trial}, ${sweep.objective.metric} ${number(best.value)}: ${link('run', best.runId)}</p><pre><code>${best.command}</code></pre>`}
<h2>Trials</h2>${trials.length === 0 ? html`<p>None has ended yet.</p>` : trialTable(shown.record)}`;
}

function state({ record: { status }, idle }: SweepPage): Markup {
  if (status !== 'running') return stateLine(status, `The sweep has ended: ${status}.`);
  return idle ? stateLine('idle', 'Nobody works on this sweep.') : stateLine('under way', 'Under way');
}

function deeds({ record: { sweep: { id }, status }, idle, token }: SweepPage): Markup {
  const isOpen = status === 'running' && !idle;
  return html`<div class="deeds">${isOpen && button({ deed: 'cancel', kind: 'sweep', id, token })}${!isOpen && status !== 'completed' && button({ deed: 'resume', kind: 'sweep', id, token })}</div>`;
}

function links({ record: { sweep: { id } }, temporalUi }: SweepPage): Markup {
  return html`<ul class="links"><li><a href="/sweeps/${encodeURIComponent(id)}/report.html">Report</a></li>${temporalUi !== null && html`<li><a href="${temporalUi}">Workflow in Temporal</a></li>`}</ul>`;
}

function trialTable(record: SweepRecord): Markup {
  const { sweep: { parameters, objective: { metric }, halving } } = record;
  const paths = Object.keys(parameters);
  const rungs = Array.from({ length: (halving?.rungs.length ?? 0) + 1 }, (_, rung) => rung);
  const names = rungs.map((rung) => halving === null ? metric : `${metric} ${halving.rungs[rung] ?? 'all'}`);
  const columns = [...['Trial', ...shortNames(paths), ...names, 'Time'].map((header) => ({ header })), plain('Run')];
  return table('Trials, the best first', columns, rankedTrials(record).map((trial: RecordedTrial) => ({
    head: String(trial.trial),
    cells: [
      ...paths.map((path) => valueText(trial.values[path])), ...rungs.map((rung) => resultText(trial.rungs.find((one) => one.rung === rung))),
      duration(trial.rungs.reduce((sum, { seconds }) => sum + seconds, 0)), link('run', trial.runId),
    ],
  })));
}

function resultText(result: RungResult | undefined): string {
  if (result === undefined) return nothing;
  return result.value === null ? result.failure?.type ?? result.status : number(result.value);
}
