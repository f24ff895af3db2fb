/** What a sweep's workflow asks for: where it stands, what a trial is asked for, and that results are
 *  recorded. */
import { join } from 'node:path';
import type { RunRequest, StoredRequest } from '../contracts/run.ts';
import { goingOn, isUnderWay, keptFile, keptRecord } from '../record/kept-file.ts';
import { StorageError } from '../ports/errors.ts';
import type { Ports } from '../ports/ports.ts';
import type { Fence } from '../ports/store.ts';
import { recordRequest, requestFile } from '../record/record-request.ts';
import type { RunRecord } from '../record/run-record.ts';
import type { ActivityScope } from '../step/heartbeat.ts';
import { bestOfSweep, isOverSeeds } from './configurations.ts';
import type {
  TrialRung,
  OpenedTrial,
  Settled,
  SettledJobs,
  Sweep,
  SweepActivities,
  SweepRecord,
  SweepStanding,
  TrialNews,
} from './contracts.ts';
import { begunSweep, readSweep, sweepFile, sweepText, withResult } from './sweep-record.ts';
import { trialRequest, untilOf } from './trial-request.ts';
import { workedSeconds } from './worked-seconds.ts';

type Input<K extends keyof SweepActivities> = Parameters<SweepActivities[K]>[0];

export async function recordSweepRequest(
  ports: Ports,
  { sweep, ...server }: Input<'recordSweepRequest'>,
  { attempt }: ActivityScope,
): Promise<void> {
  await ports.runs.claiming(sweep.id, attempt, async (claim) => {
    if ((await readSweep(ports, sweep.id)) === null) await write(ports, begunSweep(sweep, server), claim);
  });
}

export async function openSweep(
  ports: Ports,
  { sweepId, failedAgain }: Input<'openSweep'>,
  scope: ActivityScope,
): Promise<SettledJobs> {
  const record = await changed(ports, sweepId, scope, (before) => ({
    ...before,
    status: 'running',
    finishedAt: null,
    failure: null,
  }));
  const jobs: (Settled | undefined)[][] = [];
  for (const { trial, rungs } of record.trials) {
    jobs[trial] = [];
    for (const { rung, status, value } of rungs)
      if (status === 'completed' || !failedAgain) jobs[trial]![rung] = value;
  }
  return Array.from(jobs, (one) => Array.from(one ?? [], (settled) => settled));
}

/** Its run's request is in its folder before the run begins. */
export async function openTrial(
  ports: Ports,
  { sweepId, ...job }: Input<'openTrial'>,
  scope: ActivityScope,
): Promise<OpenedTrial> {
  const swept = await known(ports, sweepId);
  const { sweep, trials, address, namespace, profile } = swept;
  const now = new Date().toISOString();
  const { request } = trialRequest(sweep, job, trials, now);
  const { runId } = request;
  // read once: what is said of it here must hold together
  const record = await keptRecord(ports, runId);
  const found = completedBefore(record, sweep, request);
  const standing = isOverSeeds(sweep) ? standingOf({ best: bestOfSweep(swept) }) : { best: null };
  const best = standing.best && { standing };
  if (found !== null) return { runId, request: null, value: found, ...best };
  const before = await keptFile<StoredRequest>(ports, runId, requestFile);
  const on = before === null || isOfMeasurement(before, request, job) ? {} : goingOn(record, now, request);
  const asked = { ...request, ...(before !== null && { startedAt: before.request.startedAt }), ...on };
  await recordRequest(
    ports,
    {
      request: asked,
      address,
      ...(namespace !== undefined && { namespace }),
      ...(profile !== undefined && { profile }),
    },
    scope,
  );
  return { runId, request: asked, value: null, ...isUnderWay(record), ...best };
}

/** Whether the sweep's first updates were measured by it: nothing of the trial itself was done before its
 *  lowest rung. */
const isOfMeasurement = (
  { request: before }: StoredRequest,
  { until }: RunRequest,
  { rung }: TrialRung,
): boolean => rung === 0 && before.until === 1 && (until !== 1 || before.withoutBaselines === true);

/** The objective, where the run's record says that just this was completed. */
function completedBefore(
  record: Partial<RunRecord> | null,
  { objective: { metric } }: Sweep,
  { until }: { readonly until?: number },
): number | null {
  if (record?.status !== 'completed' || record.until !== until || record.withoutBaselines) return null;
  const value = metric
    .split('.')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], record.results);
  return typeof value === 'number' ? value : null;
}

/** Its time is that of its run's executions: the workflow's clock counts pauses too, and is the time of what
 *  has no record of its own. */
export async function recordTrial(
  ports: Ports,
  { sweepId, trial, rung, seconds: elapsed, ...news }: TrialNews,
  scope: ActivityScope,
): Promise<SweepStanding> {
  const { sweep, trials } = await known(ports, sweepId);
  const {
    values,
    request: { runId, until = null, command, config },
  } = trialRequest(sweep, { trial, rung }, trials, '');
  const from = rung === 0 ? 0 : untilOf(sweep.halving, rung - 1, config);
  const seconds = workedSeconds((await keptRecord(ports, runId)) ?? {}, { from, until }) ?? elapsed;
  return standingOf(
    await changed(ports, sweepId, scope, (record) =>
      withResult(
        record,
        { trial, runId, values },
        { rung, until, ...news, seconds, finishedAt: new Date().toISOString() },
        command,
      ),
    ),
  );
}

export async function recordSweepEnd(
  ports: Ports,
  { sweepId, status, failure }: Input<'recordSweepEnd'>,
  scope: ActivityScope,
): Promise<SweepStanding> {
  return standingOf(
    await changed(ports, sweepId, scope, (record) => ({
      ...record,
      status,
      failure,
      finishedAt: new Date().toISOString(),
      best: bestOfSweep(record),
    })),
  );
}

function standingOf({ best }: Pick<SweepRecord, 'best'>): SweepStanding {
  if (best === null) return { best };
  const { trial, rung, value, seeds } = best;
  return { best: { trial, rung, value, ...(seeds && { seeds }) } };
}

/** The workflow asks for one change at a time; an attempt that was given up meanwhile publishes nothing
 *  more. */
async function changed(
  ports: Ports,
  sweepId: string,
  { attempt }: ActivityScope,
  change: (record: SweepRecord) => SweepRecord,
): Promise<SweepRecord> {
  return ports.runs.claiming(sweepId, attempt, async (claim) => {
    const record = change(await known(ports, sweepId));
    await write(ports, record, claim);
    return record;
  });
}

async function known(ports: Ports, sweepId: string): Promise<SweepRecord> {
  const record = await readSweep(ports, sweepId);
  const path = join(ports.runs.path(sweepId), sweepFile);
  if (record === null)
    throw new StorageError(
      `Expected ${path}, found none: start the sweep again, what its trials computed is found.`,
      path,
      'missing',
    );
  return record;
}

const write = ({ runs }: Ports, record: SweepRecord, claim: Fence): Promise<void> =>
  runs.write(record.sweep.id, sweepFile, sweepText(record), claim);
