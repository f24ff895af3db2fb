/** Numbered figures and tables with their captions, in the order they are asked for. A wide table scrolls by
 *  itself; its caption does not. */
import { html, type Markup } from './html.ts';

export interface Column {
  readonly header: string | Markup;
  /** Numbers are set right, one below the other. */
  readonly numeric?: boolean;
}

export type Cell = string | number | Markup | null;

export interface Blocks {
  figure(id: string, body: Markup, caption: Markup): Markup;
  /** The first cell of a row is its header; null is printed as a dash. */
  table(
    id: string,
    caption: Markup,
    columns: readonly Column[],
    rows: readonly (readonly Cell[])[],
    notes?: Markup,
  ): Markup;
}

export function createBlocks(): Blocks {
  let figures = 0;
  let tables = 0;
  return {
    figure: (id, body, caption) =>
      html`<figure id="${id}">${body}<figcaption><b>Figure ${++figures}.</b> ${caption}</figcaption></figure>`,
    table: (id, caption, columns, rows, notes) => html`<div class="table" id="${id}">
<p class="caption" id="${id}-caption"><b>Table ${++tables}.</b> ${caption}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Table ${tables}"><table aria-labelledby="${id}-caption">${head(columns)}<tbody>${rows.map((row) => tableRow(row, columns))}</tbody></table></div>${notes && html`<div class="notes">${notes}</div>`}</div>`,
  };
}

/** Rows of names and values without a number or caption of their own: configuration, provenance. */
export function listing(
  rows: readonly (readonly [name: string, value: Cell])[],
  headers: readonly [string, string],
): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${headers[0]}"><table class="listing">${head(headers.map((header) => ({ header })))}
<tbody>${rows.map((row) => tableRow(row, []))}</tbody></table></div>`;
}

export function collapsible(summary: string, body: Markup): Markup {
  return html`<details><summary>${summary}</summary>${body}</details>`;
}

function head(columns: readonly Column[]): Markup {
  return html`<thead><tr>${columns.map(({ header, numeric }) => html`<th scope="col"${numeric && html` class="num"`}>${header}</th>`)}</tr></thead>`;
}

function tableRow(cells: readonly Cell[], columns: readonly Column[]): Markup {
  const [first, ...rest] = cells;
  return html`<tr><th scope="row">${first ?? '–'}</th>${rest.map(
    (cell, i) => html`<td${columns[i + 1]?.numeric && html` class="num"`}>${cell ?? '–'}</td>`,
  )}</tr>`;
}
