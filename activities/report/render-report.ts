/** The report of a run: one self-contained HTML file, as a paper's appendix would print it. Pure: the same
 *  input gives the same file. */
import { abstract } from './abstract.ts';
import { createBlocks, type Blocks } from './blocks.ts';
import type { ReportInput, ReportRecord } from './contract.ts';
import { dataFacts } from './data-facts.ts';
import { densityFigure, errorMapFigure, sampleFigure } from './density-figure.ts';
import { html, type Markup } from './html.ts';
import { datasetFigure, imageFigures, sampleGrids } from './image-figures.ts';
import { normalizerTable } from './normalizer-table.ts';
import { moment } from './number-format.ts';
import { page } from './page.ts';
import { paperComparison } from './paper-comparison.ts';
import { configurationSection, decisionsTable, provenanceSection, timingsTable } from './record-sections.ts';
import { furtherResults, resultsTable } from './results-table.ts';
import { errorFigure, trainingFigure } from './training-figures.ts';
import { trainingSeries } from './training-series.ts';

export async function renderReport(input: ReportInput): Promise<string> {
  const { record } = input;
  // what was taken back counts in no table
  const metrics = input.metrics.filter(({ diverged }) => diverged === undefined);
  const blocks = createBlocks();
  return page({
    title: `${record.title} – ${record.id}`,
    body: html`${title(record)}${notices(record)}${abstract(record)}${await mainFigure(blocks, input)}
<section><h2>1. Results</h2>${resultsTable(blocks, record, metrics)}${normalizerTable(blocks, record)}${furtherResults(blocks, record)}${paperComparison(blocks, record, metrics)}
${input.densities && (await errorMapFigure(blocks, input.densities))}</section>
<section><h2>2. Training</h2>${training(blocks, input)}</section>
${samples(blocks, input)}
<section><h2>4. Decisions</h2>${decisionsTable(blocks, record)}</section>
<section><h2>5. Timings</h2>${timingsTable(blocks, record)}</section>
<section><h2>6. Configuration</h2>${configurationSection(record)}</section>
<section><h2>7. Provenance</h2>${input.images && datasetFigure(blocks, input.images, record)}${provenanceSection(blocks, record)}</section>
<section><h2>8. Reproducing this run</h2>${reproduction(record)}</section>
<section><h2>Reference</h2>${citation}</section>`,
  });
}

function title({ title: text, experiment, id, seed, startedAt, status }: ReportRecord): Markup {
  return html`<header><h1>${text}</h1><p class="meta">Flow contrastive estimation, experiment <code>${experiment}</code>, seed ${seed}<br>
run <code>${id}</code>, started <time datetime="${startedAt}">${moment(startedAt)}</time>, ${status}</p></header>`;
}

function notices(record: ReportRecord): Markup {
  const { status, failure, failureType, partialData, warnings = [] } = record;
  return html`${status !== 'completed' && html`<p class="notice" role="note"><b>This run is not complete: ${status}.</b> ${failure ?? 'No reason was recorded.'}${failureType && html` (<code>${failureType}</code>)`} What follows is what it had until then.</p>`}
${warnings.length > 0 && html`<div class="notice" role="note"><b>Do not trust these figures as they are.</b><ul>${warnings.map(({ sentence }) => html`<li>${sentence}</li>`)}</ul></div>`}
${partialData && html`<p class="notice" role="note"><b>Partial data.</b> The data set had fewer images than the official one; the figures below cannot be compared with results on all of it.</p>`}
${(dataFacts(record).notes ?? []).map((note) => html`<p class="notice" role="note"><b>Data.</b> ${note}</p>`)}`;
}

async function mainFigure(blocks: Blocks, { densities, images, record }: ReportInput): Promise<Markup> {
  if (densities !== undefined) return densityFigure(blocks, densities);
  const grids = images && sampleGrids(blocks, images, record);
  if (grids) return grids;
  return html`<p class="notice" role="note">There is no figure of the ${record.config.dataset.kind === 'toy' ? 'densities' : 'samples'}: the run has no evaluation to draw it from.</p>`;
}

function training(blocks: Blocks, { metrics, record }: ReportInput): Markup {
  if (metrics.length === 0) return html`<p>No metrics were recorded.</p>`;
  const series = trainingSeries(metrics);
  return html`${errorFigure(blocks, series, record)}${trainingFigure(blocks, series, record)}`;
}

function samples(blocks: Blocks, { samples: points, record, densities, images }: ReportInput): Markup {
  return html`<section><h2>3. Samples</h2>${record.config.dataset.kind === 'toy' ? pointSamples() : imageSamples()}</section>`;

  function pointSamples(): Markup {
    if (points === undefined || Object.keys(points).length === 0)
      return html`<p>No samples were recorded.</p>`;
    return sampleFigure(blocks, points, densities?.extent ?? record.config.evaluation.extent);
  }
  function imageSamples(): Markup {
    const figures = imageFigures(blocks, images ?? {}, record);
    return figures.length > 0 ? html`${figures}` : html`<p>See the first figure.</p>`;
  }
}

function reproduction({ command, experiment, seed, decisions = [] }: ReportRecord): Markup {
  const chosen = decisions.findLast(({ what }) => what === 'chosen')?.details as
    { readonly updates?: number } | undefined;
  const changed = decisions.some(
    ({ what, details }) =>
      what === 'told'
      && ['extend', 'learning-rate'].includes(
        String((details as { message?: unknown } | undefined)?.message),
      ),
  );
  return html`<p>In a checkout of the commit above:</p><pre><code>${command ?? `npm start -- run ${experiment} --seed ${seed} --fresh`}</code></pre>
${command === undefined && html`<p>The command line was not recorded: values of the configuration that differ from the experiment’s own have to be added with <code>--set</code>.</p>`}
${changed && html`<p>It was told other settings while it went on (see the decisions), which are no part of that command: <code>counterflow tell</code> tells them again.</p>`}
${chosen?.updates !== undefined && html`<p>The updates of its control were chosen by measured time: with <code>--set baselines.control.updates=${chosen.updates}</code> behind the command it makes as many again.</p>`}
<p>Weights are bit-identical (the hashes above) on the same versions, thread count and device class.</p>`;
}

const citation = html`<p>R. Gao, E. Nijkamp, D. P. Kingma, Z. Xu, A. M. Dai, Y. N. Wu. <i>Flow Contrastive Estimation of Energy-Based Models.</i>
CVPR 2020. arXiv:1912.00589v2.</p>`;
