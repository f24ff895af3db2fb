/** A schedule on the server, from a command line: what runs, when, and what happens where something is in the
 *  way. */
import { ScheduleAlreadyRunning, type Client } from '@temporalio/client';
import type { StoredServer } from '../../../activities/contracts/run.ts';
import { workflowQueue } from '../../../workflows/shared/queues.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { overlapOf, type Overlap } from './overlap.ts';
import type { WhatRuns } from './what-runs.ts';
import { scheduleSpec, timesText, type Times } from './times.ts';
import { invocation } from '../../base/invocation.ts';

export interface Policies extends Times {
  readonly overlap: Overlap;
  /** Milliseconds. */
  readonly catchUp: number;
  readonly onFailure: 'pause' | 'go-on';
  readonly limit?: number;
  readonly paused?: true;
}

/** Where nothing else is asked for. */
export const defaultPolicies = {
  overlap: 'skip',
  catchUp: 24 * 3600 * 1000,
  onFailure: 'pause',
} as const satisfies Partial<Policies>;

/** What the server keeps beside a schedule for us: it forgets how its times were written, and what its runs
 *  are asked for it does not tell. */
export interface ScheduleMemo extends Record<string, unknown> {
  /** `sweep`: its name, where it is sweeps that run. */
  readonly counterflow: {
    readonly experiment: string;
    readonly times: string;
    readonly command: string;
    readonly sweep?: string;
    readonly newSeeds?: boolean;
  };
}

/** The server does not look at the end of what it lets go on beside others. Throws CounterflowError. */
export function checkPolicies({ overlap, onFailure }: Pick<Policies, 'overlap' | 'onFailure'>): void {
  if (overlap !== 'allow-all' || onFailure === 'go-on') return;
  throw new CounterflowError(
    exitCodes.badInput,
    'Expected --on-failure go-on with --overlap allow-all, under which the server pauses no schedule '
      + 'when a run fails, got pause. Give it, or choose another --overlap.',
  );
}

/** Throws CounterflowError. */
export async function createSchedule(
  { schedule }: Client,
  name: string,
  what: WhatRuns,
  server: StoredServer,
  policies: Policies,
): Promise<void> {
  const { workflowType, request, title, ...memo } = what;
  try {
    await schedule.create({
      scheduleId: name,
      spec: scheduleSpec(policies),
      action: {
        type: 'startWorkflow',
        workflowType,
        workflowId: name,
        taskQueue: workflowQueue,
        args: [{ ...request, ...server }],
        staticSummary: title,
      },
      policies: {
        overlap: overlapOf(policies.overlap),
        catchupWindow: policies.catchUp,
        pauseOnFailure: policies.onFailure === 'pause',
      },
      state: {
        paused: policies.paused ?? false,
        ...(policies.limit !== undefined && { remainingActions: policies.limit }),
      },
      memo: {
        counterflow: { ...memo, newSeeds: request.newSeeds, times: timesText(policies) },
      } satisfies ScheduleMemo,
    });
  } catch (error) {
    throw refusal(name, policies, error);
  }
}

function refusal(name: string, times: Times, error: unknown): unknown {
  if (error instanceof ScheduleAlreadyRunning)
    return new CounterflowError(
      exitCodes.badInput,
      `Expected a name that no schedule has, got ${JSON.stringify(name)}; \`${invocation} schedule `
        + `delete ${name}\` removes that one, its runs stay.`,
    );
  // what the client makes of a specification that the server refuses
  if (!(error instanceof TypeError)) return error;
  return new CounterflowError(
    exitCodes.badInput,
    `Expected times that the server understands, got ${JSON.stringify(timesText(times))}: ${error.message}.`,
  );
}
