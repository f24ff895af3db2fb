/** Watches a run: what its workflow answers and what its activities' heartbeats say, once a second, until it ends. */
import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import { awaitEnd } from './await-end.ts';
import type { Display } from './display.ts';
import { observe } from './observe.ts';
import type { RunView } from './progress.ts';
import { runView } from './run-view.ts';

const lookEveryMs = 1000;

/** Resolves and rejects as the workflow does; rejects with the signal's reason when it is aborted. */
export async function followRun(client: Client, about: Pick<RunView, 'runId' | 'uiUrl'>, display: Display, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  setMaxListeners(0, signal); // the client leaves one behind for every long poll
  const watching = watch(client, about, display, AbortSignal.any([signal, ended.signal]));
  try {
    await awaitEnd(client, about.runId, signal, (line) => display.say(line));
  } finally {
    ended.abort();
    await watching;
    display.close();
  }
}

async function watch(client: Client, about: Pick<RunView, 'runId' | 'uiUrl'>, display: Display, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  let previous: RunView | null = null;
  let decisionsSaid = 0;
  while (!signal.aborted) {
    const observed = await observe(client, about.runId);
    if (signal.aborted) return;
    const decisions = observed.status?.decisions ?? [];
    for (const { sentence } of decisions.slice(decisionsSaid)) display.say(sentence);
    decisionsSaid = Math.max(decisionsSaid, decisions.length);
    previous = runView(observed, { ...about, elapsedSeconds: (performance.now() - startedAt) / 1000 }, previous);
    display.show(previous);
    await pause(lookEveryMs, signal);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
