/** Pieces that several pages are made of. */
import { html, type Markup } from '../../../activities/report/html.ts';
import type { Deed, Kind } from '../deeds.ts';

/** `state` as one word for the style sheet, `words` for people: it is read out when it changes, and only then. */
export const stateLine = (state: string, words: string): Markup => html`<p class="state" data-state="${state}" role="status" id="state">${words}</p>`;

export interface Button {
  readonly deed: Deed;
  readonly kind: Kind;
  readonly id: string;
  readonly token: string;
}

/** Cancelling asks once more, on a page of its own. */
export function button({ deed, kind, id, token }: Button): Markup {
  const path = `/${kind}s/${encodeURIComponent(id)}/${deed}`;
  if (deed === 'cancel') return html`<a class="button grave" id="cancel" href="${path}">Cancel<span class="skip"> ${id}</span></a>`;
  return html`<form method="post" action="${path}"><input type="hidden" name="token" value="${token}"><button id="${deed}">Resume<span class="skip"> ${id}</span></button></form>`;
}

export function confirmation({ kind, id, token }: Omit<Button, 'deed'>): Markup {
  const page = `/${kind}s/${encodeURIComponent(id)}`;
  return html`<h1>Cancel ${id}?</h1><p>Everything that works on this ${kind} stops. What it has computed is kept: it can be resumed.</p>
<div class="deeds"><form method="post" action="${page}/cancel"><input type="hidden" name="token" value="${token}"><button class="grave">Cancel the ${kind}</button></form><a class="button" href="${page}">Back</a></div>`;
}

export interface Row {
  readonly head: Markup | string;
  readonly cells: readonly (Markup | string)[];
}

export function table(caption: string, headers: readonly string[], rows: readonly Row[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table class="listing-table"><thead><tr>${headers.map((header) => html`<th scope="col">${header}</th>`)}</tr></thead>
<tbody>${rows.map(({ head, cells }) => html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

export const link = (kind: Kind, id: string): Markup => html`<a href="/${kind}s/${encodeURIComponent(id)}">${id}</a>`;
