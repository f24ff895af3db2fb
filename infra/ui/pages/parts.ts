/** Pieces that several pages are made of. */
import { html, type Markup } from '../../../activities/report/html.ts';
import { localTime } from '../../base/format.ts';
import type { Action, ActedOn } from '../actions.ts';

/** `state` as one word for the style sheet, `words` for people: it is read out when it changes, and only
 *  then. */
export const stateLine = (state: string, words: string): Markup =>
  html`<p class="state" data-state="${state}" role="status" id="state">${words}</p>`;

export interface Button {
  readonly action: Action;
  readonly kind: ActedOn;
  readonly id: string;
  readonly token: string;
}

/** Cancelling asks once more, on a page of its own. */
export function button({ action, kind, id, token }: Button): Markup {
  const path = `/${kind}s/${encodeURIComponent(id)}/${action}`;
  if (action === 'cancel')
    return html`<a class="button grave" id="cancel" href="${path}">Cancel<span class="skip"> ${id}</span></a>`;
  return html`<form method="post" action="${path}"><input type="hidden" name="token" value="${token}"><button id="${action}">Resume<span class="skip"> ${id}</span></button></form>`;
}

export function confirmation({ kind, id, token }: Omit<Button, 'action'>): Markup {
  const page = `/${kind}s/${encodeURIComponent(id)}`;
  return html`<h1>Cancel ${id}?</h1><p>Everything that works on this ${kind} stops. What it has computed is kept: it can be resumed.</p>
<div class="actions"><form method="post" action="${page}/cancel"><input type="hidden" name="token" value="${token}"><button class="grave">Cancel the ${kind}</button></form><a class="button" href="${page}">Back</a></div>`;
}

/** Of a phone's table, which has no row of headers: `plain` cells stand there without the header's word, for
 *  what they say needs none. */
export interface TableColumn {
  readonly header: string;
  readonly plain?: true;
}

export const plain = (header: string): TableColumn => ({ header, plain: true });

export interface TableRow {
  readonly head: Markup | string;
  /** As many as there are columns after the first. */
  readonly cells: readonly (Markup | string)[];
}

/** A cell with nothing in it; a phone leaves it out. */
export const nothing = '–';

/** On a phone each row becomes a card. Roles are said once more: a table that is laid out otherwise is none
 *  for a screen reader. */
export function table(
  caption: string,
  [first, ...others]: readonly TableColumn[],
  rows: readonly TableRow[],
): Markup {
  const cell = (content: Markup | string, { header, plain: alone }: TableColumn): Markup =>
    html`<td role="cell"${content === nothing && html` class="none"`}${!alone && html` data-label="${header}"`}>${content}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="listing-table" role="table"><thead role="rowgroup"><tr role="row">
${[first!, ...others].map(({ header }) => html`<th scope="col" role="columnheader">${header}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map(
    ({
      head,
      cells,
    }) => html`<tr role="row"><th scope="row" role="rowheader"${!first!.plain && html` data-label="${first!.header}"`}>${head}</th>
${cells.map((content, i) => cell(content, others[i]!))}</tr>`,
  )}</tbody></table></div>`;
}

/** Ids as long as those that the command line makes are shown whole. */
const longestShown = 40;
/** What tells the trials of a sweep apart. */
const endShown = 13;

/** A long id that has no room loses its middle, never a line; the whole is its title and its name. */
export function link(kind: ActedOn, id: string): Markup {
  const path = `/${kind}s/${encodeURIComponent(id)}`;
  if (id.length <= longestShown) return html`<a href="${path}">${id}</a>`;
  return html`<a class="id" href="${path}" title="${id}" aria-label="${id}"><span>${id.slice(0, -endShown)}</span><span>${id.slice(-endShown)}</span></a>`;
}

export const when = (iso: string): Markup => html`<time datetime="${iso}">${localTime(iso)}</time>`;
