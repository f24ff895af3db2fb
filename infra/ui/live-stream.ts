/** News of a page, as server-sent events: its content whenever that has changed. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { html } from '../../activities/report/html.ts';
import { withoutSecrets } from '../temporal/secrets.ts';
import type { Shown } from './page-model.ts';

const lookEveryMs = 1500;

/** Until the browser leaves or the signal is aborted. `page`: null where there is none any more. */
export async function streamPage(
  response: ServerResponse,
  page: () => Promise<Shown | null>,
  signal: AbortSignal,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const over = AbortSignal.any([signal, left.signal]);
  let sent = '';
  while (!over.aborted) {
    const content = await contentOf(page);
    if (over.aborted) break;
    if (content !== sent)
      response.write(
        `${content
          .split('\n')
          .map((line) => `data: ${line}`)
          .join('\n')}\n\n`,
      );
    else response.write(': nothing new\n\n');
    sent = content;
    // who does not read gets nothing more until then
    if (response.writableNeedDrain) await once(response, 'drain', { signal: over }).catch(() => undefined);
    await sleep(lookEveryMs, undefined, { signal: over }).catch(() => undefined);
  }
  response.end();
}

/** What went wrong takes the page's place: what is shown must not look as if it were so now. */
async function contentOf(page: () => Promise<Shown | null>): Promise<string> {
  try {
    return ((await page()) ?? { main: html`<p class="notice" role="status">This is not there any more.</p>` })
      .main.source;
  } catch (error) {
    return html`<p class="notice" role="status">${withoutSecrets(error instanceof Error ? error.message : String(error))}</p>`
      .source;
  }
}
