/** The first updates of a sweep's first trials, as many at once as there will be: what they take says what
 *  the sweep will, and the sweep finds computed what was not found already. */
import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { RunRequest, StoredServer } from '../../../activities/contracts/run.ts';
import type { Load, Measured, Projection, Sweep } from '../../../activities/sweep/contracts.ts';
import { trialRequest } from '../../../activities/sweep/trial-request.ts';
import { knownTo } from '../../../models/search/sampler.ts';
import type { RunOutcome } from '../../../workflows/run/reproduce.ts';
import { resolvedThreads } from '../../../activities/step/run-job.ts';
import { layoutOf } from '../../store/layout.ts';
import { abortableCalls } from '../../temporal/abortable-calls.ts';
import { users } from '../../temporal/server-record.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { LoadMeter } from '../estimate/load.ts';
import { either, otherRuns } from '../estimate/other-runs.ts';
import type { Display } from '../runs/display.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { explainEnd } from '../runs/explain-end.ts';
import type { ServerConnection } from '../server/server-connection.ts';
import { readRecord, removeRun, writeRequest, type StoredRecord } from '../records/run-records.ts';
import { startWorkflow } from '../runs/start-workflow.ts';
import { measuredIn, ownTrainings, project } from './projection.ts';
import { showProbes, type ProbeRound } from './show-benchmarks.ts';

const answerWithinMs = 3000;

/** Needs a worker. The first at once warm it up, the next are measured. A trial that fails so early is left
 *  to the sweep. What is found was measured beside nobody knows what: its contrast is computed once more, to
 *  itself. A pretraining is too long for that: its recorded seconds are taken. Shows on `display` how far it
 *  is. Throws CounterflowError where all do, or where there is no such result to be judged by. */
export async function benchmarkTrials(
  { client, uiUrl }: Pick<ServerConnection, 'client' | 'uiUrl'>,
  sweep: Sweep,
  out: string,
  server: StoredServer,
  display: Display,
  signal: AbortSignal,
): Promise<Projection> {
  let records: (StoredRecord | null)[] = [];
  let load: Load | undefined;
  const { threads } = sweep.base.config.compute;
  const startedAt = performance.now();
  const run = async (round: ProbeRound): Promise<void> => {
    const [meter, others] = [
      new LoadMeter({ own: await processesOf(out) }),
      await otherRuns(out, `${sweep.id}-`),
    ];
    const over = new AbortController();
    const showing = showProbes(
      client,
      { sweepId: sweep.id, uiUrl, startedAt },
      round,
      display,
      AbortSignal.any([signal, over.signal]),
    );
    records = await runAll(client, sweep, round.requests, out, server, signal).finally(() => over.abort());
    await showing;
    load = meter.read(resolvedThreads(threads), either(others, await otherRuns(out, `${sweep.id}-`)));
  };
  const batches = probesOf(sweep);
  for (const [i, requests] of batches.entries())
    await run({
      what: batches.length > 1 && i === 0 ? 'warming up' : 'measuring',
      number: i + 1,
      of: batches.length,
      requests,
    });
  const anew = {
    what: 'measuring what was found',
    number: batches.length + 1,
    of: batches.length + 1,
  } as const;
  if (records.some(isFound))
    await run({
      ...anew,
      requests: batches.at(-1)!.map((request) => ({ ...request, contrastAnew: true as const })),
    });
  const own = ownTrainings(sweep);
  const measured = records.flatMap((record): Measured[] => {
    const { trainings, timings, steps = [] } = record ?? {};
    const one = trainings && timings ? measuredIn({ trainings, timings, steps }, own) : null;
    return one === null ? [] : [one];
  });
  return project(
    sweep,
    measured,
    baselinesOf(sweep).filter((name) => name !== 'control' || !isOfBaseline(sweep)),
    load,
  );
}

/** Ids of this process and of those that need the folder's server, workers among them: what is measured is
 *  computed by any of these. */
export const processesOf = async (out: string): Promise<number[]> => [
  process.pid,
  ...(await users(layoutOf(out))).map(({ pid }) => pid),
];

/** Some of what is to be measured took no time now. */
const isFound = (record: StoredRecord | null): boolean =>
  record?.steps?.some(({ name, reused }) => reused && /^(contrast |export contrast$|evaluate$)/.test(name))
  ?? false;

async function runAll(
  client: Client,
  sweep: Sweep,
  requests: readonly RunRequest[],
  out: string,
  server: StoredServer,
  signal: AbortSignal,
): Promise<(StoredRecord | null)[]> {
  for (const request of requests) {
    await writeRequest(out, { request, ...server });
    await startWorkflow(client, request);
  }
  const ends = await abortableCalls(client, signal, () =>
    Promise.allSettled(
      requests.map(({ runId }) => client.workflow.getHandle(runId).result() as Promise<RunOutcome>),
    ),
  );
  signal.throwIfAborted();
  const outcomes = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  if (outcomes.length === 0) throw firstReason(requests, ends);
  for (const { results } of outcomes) requireMetric(sweep, results);
  return Promise.all(outcomes.map(({ runId }) => readRecord(out, runId)));
}

/** Of a sweep that is not begun: nothing of what it was measured by stays, but what that has computed. Throws
 *  where the server does not answer. */
export async function removeBenchmarks(client: Client, sweep: Sweep, out: string): Promise<void> {
  for (const { runId } of probesOf(sweep).flat()) {
    // only an interrupted one is open still; one that cannot be ended keeps its folder
    await client
      .withDeadline(Date.now() + answerWithinMs, () =>
        client.workflow.getHandle(runId).terminate('its sweep was only measured'),
      )
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    await removeRun(out, runId);
  }
}

/** Until their first checkpoint, and without baselines where no result of theirs is asked for: twice as many
 *  as there will be at once, if there are so many that wait for no other. */
export function probesOf(sweep: Sweep): RunRequest[][] {
  const now = new Date().toISOString();
  const { concurrent, trials, sampler } = sweep;
  const numbers = Array.from({ length: Math.min(2 * concurrent, trials) }, (_, trial) => trial).filter(
    (trial) => knownTo(sampler, trial) === 0,
  );
  const least = { until: 1, ...(!isOfBaseline(sweep) && { withoutBaselines: true as const }) };
  const requests = numbers.map((trial) => ({
    ...trialRequest(sweep, { trial, rung: 0 }, [], now).request,
    ...least,
  }));
  const unique = [...new Map(requests.map((request) => [request.runId, request])).values()];
  const [first, second] = [unique.slice(0, concurrent), unique.slice(concurrent)];
  return second.length === concurrent ? [first, second] : [first];
}

const baselinesOf = ({
  base: {
    config: { baselines },
  },
}: Sweep): string[] => Object.entries(baselines).flatMap(([name, baseline]) => (baseline ? [name] : []));

/** Results are named by the model they are of, as in mse.ebmNceMatched. */
const isOfBaseline = (sweep: Sweep): boolean =>
  baselinesOf(sweep).some((name) =>
    sweep.objective.metric.split('.').some((part) => part.toLowerCase().endsWith(name.toLowerCase())),
  );

function requireMetric({ objective: { metric } }: Sweep, results: RunOutcome['results']): void {
  if (typeof results[metric] === 'number') return;
  const known = Object.entries(results)
    .filter(([, value]) => typeof value === 'number')
    .map(([name]) => name);
  throw new CounterflowError(
    exitCodes.badInput,
    `Expected objective.metric to be a result of a run (${known.join(', ')}), got ${JSON.stringify(metric)}.`,
  );
}

function firstReason(
  requests: readonly RunRequest[],
  ends: readonly PromiseSettledResult<unknown>[],
): unknown {
  const failed = ends.findIndex(
    (end) => end.status === 'rejected' && end.reason instanceof WorkflowFailedError,
  );
  const { reason } = ends[Math.max(failed, 0)] as PromiseRejectedResult;
  return explainEnd(requests[Math.max(failed, 0)]!.runId, reason);
}
