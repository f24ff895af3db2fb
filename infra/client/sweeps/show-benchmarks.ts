/** What is on show while the first updates of a sweep's trials are measured: which round it is, how many of
 *  its trials have ended, and what the others are at. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { Display } from '../runs/display.ts';
import { describeRun } from '../runs/describe-run.ts';
import type { RunView } from '../runs/active-step.ts';
import { runView } from '../runs/run-view.ts';
import { isOpen } from '../server/workflow-state.ts';
import { still, trialStep } from './follow-sweep.ts';

const lookEveryMs = 2000;

/** Trials that run at once. */
export interface ProbeRound {
  readonly what: 'warming up' | 'measuring' | 'measuring what was found';
  readonly number: number;
  readonly of: number;
  readonly requests: readonly RunRequest[];
}

interface Measuring {
  readonly sweepId: string;
  readonly uiUrl: string | null;
  /** Of the first round, as `performance.now` has it. */
  readonly startedAt: number;
}

/** Until `signal` is aborted. */
export async function showProbes(
  client: Client,
  { sweepId, uiUrl, startedAt }: Measuring,
  round: ProbeRound,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Map<string, RunView>();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  while (!signal.aborted) {
    await Promise.all(
      round.requests.map(async ({ runId }) => {
        seen.set(
          runId,
          runView(
            await describeRun(client, runId),
            { runId, uiUrl: null, elapsedSeconds: elapsed() },
            seen.get(runId) ?? null,
          ),
        );
      }),
    );
    const open = await Promise.all(
      round.requests.map(({ runId }) => isOpen(client, runId).catch(() => true)),
    );
    if (signal.aborted) return;
    display.show({
      ...probeView(
        round,
        round.requests.map(({ runId }, i) => (open[i] ? seen.get(runId)! : null)),
      ),
      runId: sweepId,
      uiUrl,
      elapsedSeconds: elapsed(),
    });
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** `views`: of each trial of the round; null: it has ended. */
export function probeView(
  { what, number, of }: Omit<ProbeRound, 'requests'>,
  views: readonly (Pick<RunView, 'stage' | 'steps'> | null)[],
): Pick<RunView, 'stage' | 'steps'> {
  const done = views.filter((view) => view === null).length;
  return {
    stage: `first updates, ${what}, ${number} of ${of}`,
    steps: [
      { ...still, name: 'trials', count: { done, total: views.length } },
      ...views.flatMap((view, i) => (view === null ? [] : [trialStep(`run ${i + 1}`, view)])),
    ],
  };
}
