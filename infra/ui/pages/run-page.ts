/** One run: what it does just now, its curves, its latest pictures, what it decided. */
import { join } from 'node:path';
import { createBlocks } from '../../../activities/report/blocks.ts';
import type { MetricsLine, ReportRecord } from '../../../activities/report/contract.ts';
import { html, type Markup } from '../../../activities/report/html.ts';
import { unequalIn } from '../../../activities/report/budgets.ts';
import { timedBudgets } from '../../../activities/report/comparison/compared-budgets.ts';
import { count, durationInWords } from '../../../activities/report/number-format.ts';
import { listedResults } from '../../../activities/report/results.ts';
import { errorFigure, trainingFigure } from '../../../activities/report/training-figures.ts';
import { trainingSeries } from '../../../activities/report/training-series.ts';
import { byteText } from '../../base/format.ts';
import { facts, failure, metrics, type ActiveStep } from '../../client/runs/active-step.ts';
import type { LiveRun } from '../../client/runs/run-watcher.ts';
import type { Kept } from '../../gc/kept-files.ts';
import { button, nothing, plain, stateLine, table, when } from './parts.ts';
import type { Picture } from '../run-pictures.ts';

export interface RunPage {
  readonly run: LiveRun;
  /** With the configuration of its request, where it has recorded none yet. */
  readonly reported: ReportRecord;
  readonly pictures: readonly Picture[];
  readonly hasReport: boolean;
  /** What is left of it on the disk. */
  readonly kept: readonly Kept[];
  readonly folder: string;
  /** Of the run's workflow in Temporal's own user interface. */
  readonly temporalUi: string | null;
  readonly token: string;
  /** What came of the last button. */
  readonly said: string | null;
}

export function runPage(shown: RunPage): Markup {
  const { run, said } = shown;
  const { id, experiment, seed, startedAt } = run.record;
  return html`<h1 class="lead">${id}</h1><p class="meta lead">experiment <code>${experiment}</code>, seed ${seed}, started ${when(startedAt)}</p>
${state(run)}${run.record.failure && run.state === 'ended' && html`<p class="notice">${run.record.failure}</p>`}
${warnings(run)}${run.view && html`<ul class="steps" aria-label="Under way">${run.view.steps.map(step)}</ul>`}
${actions(shown)}${said !== null && html`<p class="notice" role="status" id="said">${said}</p>`}${links(shown)}
${results(run)}${budgets(run)}<h2>Curves</h2>${curves(shown)}${pictures(shown)}<h2>Decisions</h2>${decisions(run)}${keptFiles(shown)}`;
}

function state({ state: seen, record, view }: LiveRun): Markup {
  if (seen === 'under way') return stateLine(seen, `Under way: ${view?.stage ?? 'starting'}`);
  if (seen === 'stuck')
    return stateLine(
      seen,
      'It cannot go on as it is: the code of the workflows differs from that which it was begun '
        + 'with. Resume goes on in a new execution, from its artifacts.',
    );
  if (seen === 'idle') return stateLine(seen, 'Nobody works on this run.');
  if (seen === 'out of sight')
    return stateLine(seen, 'Its Temporal server does not answer; this is what was recorded.');
  return stateLine(record.status, `The run has ended: ${record.status}.`);
}

/** Of the record, and of a run under way those that have been decided since. */
function warnings({ record, decisions: taken }: LiveRun): Markup | null {
  const sentences = new Set([
    ...(record.warnings ?? []).map(({ sentence }) => `Warning: ${sentence}`),
    ...(record.status === 'completed'
      ? []
      : taken.filter(({ what }) => what === 'warning').map(({ sentence }) => sentence)),
  ]);
  return sentences.size === 0
    ? null
    : html`<div class="notice" role="note"><ul>${[...sentences].map((sentence) => html`<li>${sentence}</li>`)}</ul></div>`;
}

function step(active: ActiveStep): Markup {
  const { name, count } = active;
  const bar =
    count && count.total > 1
      ? html`<progress max="${count.total}" value="${count.done}" aria-label="${name}"></progress>`
      : html`<span></span>`;
  const failed = failure(active);
  return html`<li><span>${name}</span>${bar}<span class="facts">${[...facts(active), ...metrics(active)].join(' · ')}</span>${failed !== '' && html`<span class="failed">${failed}</span>`}</li>`;
}

function actions({
  run: {
    state: seen,
    isOpen,
    record: { id, status },
  },
  token,
}: RunPage): Markup {
  const mayResume = seen !== 'under way' && !(seen === 'ended' && status === 'completed');
  return html`<div class="actions">${isOpen === true && button({ action: 'cancel', kind: 'run', id, token })}${mayResume && button({ action: 'resume', kind: 'run', id, token })}</div>`;
}

function links({
  run: {
    record: { id },
  },
  hasReport,
  folder,
  temporalUi,
}: RunPage): Markup {
  const path = `/runs/${encodeURIComponent(id)}`;
  return html`<ul class="links">${hasReport && html`<li><a href="${path}/report.html">Report</a></li>`}<li><a href="${path}/run.json">Record</a></li>
${temporalUi !== null && html`<li><a href="${temporalUi}">Workflow in Temporal</a></li>`}<li>TensorBoard: <code>tensorboard --logdir ${join(folder, 'tensorboard')}</code></li></ul>`;
}

function results({ record }: LiveRun): Markup | null {
  const rows = listedResults(record.results);
  if (rows.length === 0) return null;
  return html`<h2>Results</h2>${table(
    'Results',
    [plain('Name'), plain('Value')],
    rows.map(([name, value]) => ({
      head: name,
      cells: [typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value)],
    })),
  )}`;
}

/** What the compared models were trained for, and the sentences that their results are read with. */
function budgets({ record }: LiveRun): Markup | null {
  const found = timedBudgets(record);
  if (found === null) return null;
  const sentences = [...unequalIn(found), ...(found.control?.alike ? [found.control.sentence] : [])];
  const rows = found.trainings.map(({ training, updates, batchSize, seconds, before }) => ({
    head: training,
    cells: [
      count(updates),
      count(batchSize),
      seconds === null ? nothing : durationInWords(seconds),
      before === null
        ? nothing
        : before === 'given'
          ? 'a given flow'
          : `${count(before.updates)} updates of ${count(before.batchSize)}`,
    ],
  }));
  return html`<h2>Budgets</h2>${sentences.map((sentence) => html`<p>${sentence}</p>`)}
${table('Budgets', [plain('Training'), { header: 'Updates' }, { header: 'Batch size' }, { header: 'Time of updates' }, { header: 'Pretrained for' }], rows)}`;
}

function keptFiles({ kept }: RunPage): Markup | null {
  if (kept.length === 0) return null;
  const total = kept.reduce(
    (sum, { files, bytes }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }),
    { files: 0, bytes: 0 },
  );
  const rows = [...kept, { kind: 'total', ...total, reason: nothing }].map(
    ({ kind, files, bytes, reason }) => ({ head: kind, cells: [byteText(bytes), count(files), reason] }),
  );
  return html`<h2>Kept on the disk</h2>${table('Kept on the disk', [plain('Kind'), plain('Size'), { header: 'Files' }, plain('Why')], rows)}`;
}

/** Of runs that have ended: their lines stay the same list. */
const drawn = new WeakMap<readonly MetricsLine[], Markup>();

function curves(shown: RunPage): Markup {
  const { metrics } = shown.run;
  const known = drawn.get(metrics) ?? draw(shown);
  drawn.set(metrics, known);
  return known;
}

function draw({ run, reported }: RunPage): Markup {
  const series = trainingSeries(run.metrics);
  const blocks = createBlocks();
  const figures =
    series.size === 0
      ? null
      : html`${series.has('mse') && errorFigure(blocks, series, reported)}${trainingFigure(blocks, series, reported)}`;
  return figures ?? html`<p>There are no metrics yet.</p>`;
}

function pictures({
  pictures: all,
  run: {
    record: { id },
  },
}: RunPage): Markup | null {
  if (all.length === 0) return null;
  return html`<h2>Samples</h2><div class="pictures">${all.map(({ name, title }) => html`<figure><img class="grid-image" src="/runs/${encodeURIComponent(id)}/files/${name}" alt="${title}"><figcaption>${title}</figcaption></figure>`)}</div>`;
}

function decisions({ decisions: taken }: LiveRun): Markup {
  if (taken.length === 0) return html`<p>The pipeline took no decisions by itself so far.</p>`;
  return table(
    'Decisions',
    [plain('Time'), plain('Decision'), plain('Reason')],
    taken.map(({ at, what, sentence }) => ({ head: when(at), cells: [what, sentence] })),
  );
}
