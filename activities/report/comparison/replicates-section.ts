/** What the seeds of one configuration say, and what lies between configurations: a table for each. */
import type { Blocks, Cell, Column } from '../blocks.ts';
import { html, type Markup } from '../html.ts';
import { summaryMarkup } from '../sweep/configurations-section.ts';
import type { Comparison } from './compare-records.ts';
import type { ComparedResult } from './compared-configurations.ts';

/** null where no configuration has two seeds. */
export function replicatesSection(
  blocks: Blocks,
  { runs, configurations, differences }: Comparison,
): Markup | null {
  if (configurations.length === 0) return null;
  const labels = new Map(runs.map(({ id, label }) => [id, label]));
  const tables = configurations.map(({ label, runs: own, seeds, settings, results }) =>
    table(
      blocks,
      `configuration-${label}`,
      html`Configuration ${label}${Object.entries(settings).map(
        ([name, value], i) => html`${i === 0 ? ': ' : ', '}<code>${name}</code> = ${String(value)}`,
      )}; ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')} (runs ${own.map((id) => labels.get(id)).join(', ')}).`,
      results,
    ),
  );
  const between = differences.map(({ of, from, seeds, results }) =>
    table(
      blocks,
      `difference-${of}-${from}`,
      html`Configuration ${of} minus configuration ${from}, seed by seed on the same data (${seeds.join(', ')}). Where the interval has 0 in it, no difference is seen with these seeds.`,
      results,
    ),
  );
  return html`<section><h2>Over seeds</h2><p>Runs that differ in the seed alone are one configuration: mean, sample standard deviation, and the interval of 95 % of the mean by Student’s t.</p>${tables}${between}</section>`;
}

function table(blocks: Blocks, id: string, caption: Markup, results: readonly ComparedResult[]): Markup {
  const columns: Column[] = [
    { header: 'Result' },
    ...['Seeds', 'Mean', 'Deviation', '95 % of the mean'].map((header) => ({ header, numeric: true })),
    { header: 'Left out' },
  ];
  return html`<div class="compared">${blocks.table(
    id,
    caption,
    columns,
    results.map((one): Cell[] => [one.name, String(one.n), ...summaryMarkup(one), leftOut(one)]),
  )}</div>`;
}

function leftOut({ missing, notFinite }: ComparedResult): string | null {
  const named = [
    ...missing.map((name) => `${name}, no result`),
    ...notFinite.map((name) => `${name}, not finite`),
  ];
  return named.length === 0 ? null : named.join('; ');
}
