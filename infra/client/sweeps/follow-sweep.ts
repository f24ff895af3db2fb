/** Watches a sweep: what its workflow answers and how far the trials under way are, every two seconds, until
 *  it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Sweep } from '../../../activities/sweep/contracts.ts';
import type { SweepStatus } from '../../../workflows/shared/status.ts';
import { ask } from '../server/ask.ts';
import type { Differing } from '../server/code-watch.ts';
import type { Display } from '../runs/display.ts';
import { endOrDiffering } from '../runs/follow-run.ts';
import { number } from '../../base/format.ts';
import { seedsText } from './texts.ts';
import { describeRun } from '../runs/describe-run.ts';
import type { ActiveStep, RunView } from '../runs/active-step.ts';
import { runView } from '../runs/run-view.ts';
import { wireNames } from '../../../workflows/shared/wire-names.ts';

const lookEveryMs = 2000;

/** Resolves and rejects as the workflow does; resolves to why it cannot go on where the code of the workflows
 *  is another now. Rejects with the signal's reason when it is aborted. */
export async function followSweep(
  client: Client,
  sweep: Sweep,
  uiUrl: string | null,
  display: Display,
  signal: AbortSignal,
): Promise<Differing | null> {
  return endOrDiffering(client, sweep.id, display, signal, (watched) =>
    watch(client, sweep, uiUrl, display, watched),
  );
}

async function watch(
  client: Client,
  sweep: Sweep,
  uiUrl: string | null,
  display: Display,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const seen = new Map<string, RunView>();
  while (!signal.aborted) {
    const view = await look(client, sweep, seen, (performance.now() - startedAt) / 1000);
    if (signal.aborted) return;
    display.show({ ...view, runId: sweep.id, uiUrl, elapsedSeconds: (performance.now() - startedAt) / 1000 });
    await sleep(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** null: nobody answers. */
export const sweepStatus = (client: Client, id: string): Promise<SweepStatus | null> =>
  ask(client, () => client.workflow.getHandle(id).query<SweepStatus>(wireNames.sweepStatus));

/** `seen`: each trial's run as it was at the look before. */
async function look(
  client: Client,
  sweep: Sweep,
  seen: Map<string, RunView>,
  elapsedSeconds: number,
): Promise<Pick<RunView, 'stage' | 'steps'>> {
  const status = await sweepStatus(client, sweep.id);
  if (status === null) return { stage: null, steps: [] };
  const trials = await Promise.all(
    status.running.map(async ({ trial, runId }) => {
      const view = runView(
        await describeRun(client, runId),
        { runId, uiUrl: null, elapsedSeconds },
        seen.get(runId) ?? null,
      );
      seen.set(runId, view);
      return trialStep(`trial ${trial}`, view);
    }),
  );
  return {
    stage: stageOf(sweep, status),
    steps: [...status.rungs.map((done, rung) => rungStep(sweep, rung, done)), ...trials],
  };
}

function stageOf({ objective: { metric } }: Sweep, { best, failed }: SweepStatus): string {
  const of = best?.seeds === undefined ? `trial ${best?.trial}` : seedsText(best.seeds);
  return [
    best === null ? 'no result yet' : `best ${metric} ${number(best.value)} (${of})`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ].join(', ');
}

/** Of the lowest rung it is known how many trials there will be. */
function rungStep({ halving, trials }: Sweep, rung: number, done: number): ActiveStep {
  const name = halving === null ? 'trials' : `to ${halving.rungs[rung] ?? 'the end'}`;
  return {
    ...still,
    name,
    count: {
      done,
      total:
        rung === 0 ? trials : Math.max(done, 1, Math.floor(trials * (halving?.keep ?? 1) ** rung + 1e-9)),
    },
  };
}

/** What its run is at; of several trainings the last. */
export function trialStep(name: string, { stage, steps }: Pick<RunView, 'stage' | 'steps'>): ActiveStep {
  const step = steps.at(-1);
  return step === undefined
    ? { ...still, name: `${name} ${stage ?? ''}`.trim(), phase: 'waiting' }
    : { ...step, name };
}

export const still = {
  phase: 'step',
  count: null,
  perSecond: null,
  metrics: {},
  attempt: 1,
  failure: null,
} as const;
