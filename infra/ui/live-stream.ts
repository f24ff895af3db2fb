/** News of a page, as server-sent events: its content whenever that has changed. */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shown } from './look.ts';

const lookEveryMs = 1500;

/** Until the browser leaves or the signal is aborted. `page`: null where there is none any more. */
export async function streamPage(response: ServerResponse, page: () => Promise<Shown | null>, signal: AbortSignal): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const over = AbortSignal.any([signal, left.signal]);
  let sent = '';
  while (!over.aborted) {
    const content = (await page().catch(() => null))?.main.source ?? null;
    if (over.aborted) break;
    if (content !== null && content !== sent) response.write(`${content.split('\n').map((line) => `data: ${line}`).join('\n')}\n\n`);
    else response.write(': nothing new\n\n');
    sent = content ?? sent;
    await sleep(lookEveryMs, undefined, { signal: over }).catch(() => undefined);
  }
  response.end();
}
