/** Watches a run: what its workflow answers and what its activities' heartbeats say, once a second, until it
 *  ends. */
import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import { awaitEnd } from '../server/await-end.ts';
import { untilCodeDiffers, type Differing } from '../server/code-watch.ts';
import type { DecisionsSaid } from './decisions-said.ts';
import type { Display } from './display.ts';
import { describeRun } from './describe-run.ts';
import type { RunView } from './active-step.ts';
import { runView } from './run-view.ts';

const lookEveryMs = 1000;

/** Resolves and rejects as the workflow does; resolves to why it cannot go on where the code of the workflows
 *  is another now. Rejects with the signal's reason when it is aborted. */
export async function followRun(
  client: Client,
  about: Pick<RunView, 'runId' | 'uiUrl'>,
  display: Display,
  said: DecisionsSaid,
  signal: AbortSignal,
): Promise<Differing | null> {
  return endOrDiffering(client, about.runId, display, signal, (watched) =>
    watch(client, about, display, said, watched),
  );
}

/** `watch` goes on beside, until then. */
export async function endOrDiffering(
  client: Client,
  id: string,
  display: Display,
  signal: AbortSignal,
  watch: (watched: AbortSignal) => Promise<void>,
): Promise<Differing | null> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  setMaxListeners(0, either); // the client leaves one behind for every long poll
  const watching = watch(either);
  try {
    const differing = untilCodeDiffers(client, id, either);
    const ended = awaitEnd(client, id, either, (line) => display.say(line)).then(() => null);
    for (const one of [differing, ended]) one.catch(() => undefined); // the other one is over first
    return await Promise.race([ended, differing]);
  } finally {
    over.abort();
    await watching;
  }
}

async function watch(
  client: Client,
  about: Pick<RunView, 'runId' | 'uiUrl'>,
  display: Display,
  said: DecisionsSaid,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  let previous: RunView | null = null;
  while (!signal.aborted) {
    const observed = await describeRun(client, about.runId);
    if (signal.aborted) return;
    said.hear(observed.status?.decisions ?? []);
    previous = runView(
      observed,
      { ...about, elapsedSeconds: (performance.now() - startedAt) / 1000 },
      previous,
    );
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
