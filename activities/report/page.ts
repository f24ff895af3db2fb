/** The shell of every page: one self-contained file that fetches nothing and runs nothing, in the style of a
 *  paper's appendix. */
import { html, trustedMarkup, type Markup } from './html.ts';
import { pageStyle } from './page-style.ts';

export interface Page {
  readonly title: string;
  /** Added to the common style sheet. */
  readonly style?: string;
  readonly body: Markup;
}

export function page({ title, style = '', body }: Page): string {
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title><style>${trustedMarkup(pageStyle + style)}</style></head>
<body><main>${body}</main></body></html>`.source
  }\n`;
}
