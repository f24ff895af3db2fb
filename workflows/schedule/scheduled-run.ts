/** One firing of a schedule: a run of its own, named by the schedule and the time it was due. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { executeChild, ParentClosePolicy, patched, workflowInfo } from '@temporalio/workflow';
import type { RunRequest, StoredServer } from '../../activities/contracts/run.ts';
import { foundSentence, untilFree } from './firing.ts';
import { openFiring, recordRequest } from '../shared/proxies.ts';
import { reproduce, type RunOutcome } from '../run/reproduce.ts';
import { runStartUnlessCompleted } from '../shared/start-options.ts';

export interface ScheduledRequest extends StoredServer {
  /** `runId` is the schedule's name, with which the ids of its runs begin; `startedAt` is each run's own. */
  readonly request: RunRequest;
  /** Each run's seed is the time it was due, in seconds since 1970: the same configuration again and again
   *  would only be found, not computed. */
  readonly newSeeds: boolean;
}

const dueAttribute = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/** Of a firing; of what was started otherwise the time it began. */
export const dueTime = (): Date =>
  workflowInfo().typedSearchAttributes.get(dueAttribute) ?? workflowInfo().startTime;
/** yyyymmdd-hhmmss, UTC. */
export const dueText = (due: Date): string =>
  due.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
/** Since 1970. */
export const secondsOf = (due: Date): number => Math.floor(due.getTime() / 1000);

export interface FiringOutcome extends RunOutcome {
  /** That its run was there already, completed; left out where this firing made it. */
  readonly found?: string;
}

/** Its end is its run's end, so that overlap policy and pause on failure are the run's. A run of that id that
 *  was completed stays as it is. */
export async function scheduled({ request, newSeeds, ...server }: ScheduledRequest): Promise<FiringOutcome> {
  const run = runDueAt(dueTime(), request, newSeeds);
  if (patched('firings-find'))
    return untilFree(
      run.runId,
      () => openFiring({ request: run, ...server }),
      ({ request: open, results, ...looked }) =>
        open === null
          ? { runId: run.runId, results, found: foundSentence(run.runId) }
          : started(open, looked),
    );
  // one that was begun by an earlier version, which did not look
  await recordRequest({ request: run, ...server });
  return started(run, {});
}

const started = (run: RunRequest, looked: { readonly underWay?: true }): Promise<RunOutcome> =>
  executeChild(reproduce, {
    ...runStartUnlessCompleted(run, looked),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  });

/** `<schedule>-<yyyymmdd-hhmmss>` in UTC: what is due at one time is one run, however often it is asked
 *  for. */
export function runDueAt(due: Date, request: RunRequest, newSeeds: boolean): RunRequest {
  const startedAt = new Date(Date.now()).toISOString();
  const runId = `${request.runId}-${dueText(due)}`;
  if (!newSeeds) return { ...request, runId, startedAt };
  const seed = secondsOf(due);
  return {
    ...request,
    runId,
    startedAt,
    config: { ...request.config, seed },
    command: `${request.command} --seed ${seed}`,
  };
}
