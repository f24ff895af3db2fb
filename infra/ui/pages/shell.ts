/** The frame of every page of the local user interface. Without scripts it is loaded anew now and then. */
import { html, trustedMarkup, type Markup } from '../../../activities/report/html.ts';
import { pageStyle } from '../../../activities/report/page-style.ts';
import { uiStyle } from './ui-style.ts';

export interface Shell {
  readonly title: string;
  readonly out: string;
  readonly temporalUi: string | null;
  /** Where news of this page come from; null: it does not change. */
  readonly live: string | null;
  readonly main: Markup;
}

export function shell({ title, out, temporalUi, live, main }: Shell): string {
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Counterflow</title><link rel="icon" href="/assets/icon.svg" type="image/svg+xml"><style>${trustedMarkup(pageStyle + uiStyle)}</style>
${live !== null && html`<noscript><meta http-equiv="refresh" content="10"></noscript><script type="module" src="/assets/live.js"></script>`}</head>
<body><a class="skip" href="#main">To the content</a>
<nav aria-label="Counterflow"><a class="home" href="/">Counterflow</a><span class="folder">${out}</span>${temporalUi !== null && html`<a href="${temporalUi}">Temporal UI</a>`}
<span id="connection" role="status"></span></nav>
<main id="main" tabindex="-1"${live !== null && html` data-live="${live}"`}>${main}</main></body></html>`
      .source
  }\n`;
}
