/** Runs side by side on one self-contained page: what sets them apart, their results, their curves overlaid.
 *  Pure. */
import { createBlocks, type Blocks, type Cell } from '../blocks.ts';
import type { MetricsLine } from '../contract.ts';
import { curveLegend } from '../curve.ts';
import type { Scalar } from '../../config/dotted.ts';
import { html, type Markup } from '../html.ts';
import { moment, significant } from '../number-format.ts';
import { page } from '../page.ts';
import { budgetRows } from './compared-budgets.ts';
import type { Comparison } from './compare-records.ts';
import type { ComparedValue } from './compared.ts';
import { overlaidCurves } from '../overlaid-curves.ts';
import { replicatesSection } from './replicates-section.ts';
import { runColours, runStyle } from './run-style.ts';

const style = `${runColours}
.compared tbody th { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .8rem; overflow-wrap: anywhere; min-width: 9rem; }
.compared td { white-space: nowrap; } #circumstances td { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; } #runs th, #runs td { white-space: nowrap; } .swatch { display: inline-block; width: 1.4rem; border-top: 3px solid; vertical-align: middle; margin-left: .4rem; }
`;

/** `metrics`: lines of metrics.jsonl by the run's id. */
export function renderComparison(
  comparison: Comparison,
  metrics: ReadonlyMap<string, readonly MetricsLine[]>,
): string {
  const blocks = createBlocks();
  const { runs, notes, configuration, sameConfiguration, circumstances, results, course, budgets } =
    comparison;
  const drawn = runs.map(({ id, label }, index) => ({
    label,
    style: runStyle(index),
    metrics: metrics.get(id) ?? [],
  }));
  const curves = overlaidCurves(blocks, drawn, curveLegend(drawn.map((run) => ({ ...run, points: [] }))));
  return page({
    title: `Comparison of ${runs.length} runs`,
    style,
    body: html`<header><h1>Comparison of ${runs.length} runs</h1>
<p class="meta">${[...new Set(runs.map(({ experiment }) => experiment))].join(', ')}</p></header>
${notes.map((note) => html`<p class="notice" role="note">${note}</p>`)}
${runsTable(blocks, comparison)}
${replicatesSection(blocks, comparison)}
<section><h2>1. Configuration</h2>${valuesTable(blocks, comparison, configuration, String, 'configuration', html`Values that differ; ${sameConfiguration} are the same for all.`, `All ${sameConfiguration} values are the same.`)}</section>
<section><h2>2. Results</h2>${valuesTable(blocks, comparison, results, rounded, 'results-compared', html`Results, three significant digits.`, 'None of the runs has results yet.')}
${valuesTable(blocks, comparison, budgetRows(budgets), String, 'budgets', html`Budgets of the trainings: updates times batch size, and the time of the updates.`, 'No run has a contrast yet.')}
${valuesTable(blocks, comparison, course, rounded, 'course', html`What it took.`, 'Nothing was trained yet.')}</section>
<section><h2>3. Curves</h2>${curves ?? html`<p>No metrics were recorded.</p>`}</section>
<section><h2>4. Data, code and machine</h2>${valuesTable(blocks, comparison, circumstances, String, 'circumstances', html`What differs.`, 'They do not differ.')}</section>
<section><h2>5. Commands</h2>${runs.map(({ label, command }) => command !== null && html`<p><b>${label}</b></p><pre><code>${command}</code></pre>`)}</section>`,
  });
}

function runsTable(blocks: Blocks, { runs }: Comparison): Markup {
  return blocks.table(
    'runs',
    html`The runs.`,
    [
      { header: 'Run' },
      { header: 'Id' },
      { header: 'Experiment' },
      { header: 'Status' },
      { header: 'Seed', numeric: true },
      { header: 'Started' },
    ],
    runs.map(({ label, id, experiment, status, seed, startedAt }, index): Cell[] => [
      html`<b>${label}</b><span class="swatch" style="border-color:${runStyle(index).colour}"></span>`,
      html`<code>${id}</code>`,
      experiment,
      status,
      String(seed),
      moment(startedAt),
    ]),
  );
}

function valuesTable(
  blocks: Blocks,
  { runs }: Comparison,
  rows: readonly ComparedValue[],
  shown: (value: Scalar) => string,
  id: string,
  caption: Markup,
  none: string,
): Markup {
  if (rows.length === 0) return html`<p>${none}</p>`;
  return html`<div class="compared">${blocks.table(
    id,
    caption,
    [{ header: 'Name' }, ...runs.map(({ label }) => ({ header: label, numeric: true }))],
    rows.map(({ name, values }): Cell[] => [
      name,
      ...runs.map((run): Cell => (Object.hasOwn(values, run.id) ? shown(values[run.id]!) : null)),
    ]),
  )}</div>`;
}

const rounded = (value: Scalar): string =>
  typeof value === 'number' && !Number.isInteger(value) ? significant(value) : String(value);
