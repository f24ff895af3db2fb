/** A schedule on the server, from a command line: what runs, when, and what happens where something is in the way. */
import { ScheduleAlreadyRunning, type Client } from '@temporalio/client';
import type { StoredServer } from '../../../activities/contracts.ts';
import type { ScheduledRequest } from '../../../workflows/scheduled.ts';
import { workflowQueue } from '../../../workflows/queues.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { requestOf, type RequestOptions } from '../run-request.ts';
import { overlapOf, type Overlap } from './overlap.ts';
import { specOf, timesText, type Times } from './times.ts';

export interface CreateOptions extends RequestOptions, Times {
  readonly newSeeds?: true;
  readonly overlap: Overlap;
  /** Milliseconds. */
  readonly catchUp: number;
  readonly onFailure: 'pause' | 'go-on';
  readonly limit?: number;
  readonly paused?: true;
}

/** What the server keeps beside a schedule for us: it forgets how its times were written. */
export interface ScheduleMemo extends Record<string, unknown> {
  readonly counterflow: { readonly experiment: string; readonly times: string; readonly command: string };
}

/** Everything that can be wrong is found before the server is asked. Throws CliError. */
export async function scheduleRequest(name: string, experiment: string, options: CreateOptions): Promise<Omit<ScheduledRequest, keyof StoredServer>> {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) {
    throw new CliError(exitCodes.badInput, `Expected a name of letters, digits, dots, dashes and underscores that starts with a letter or digit, for its runs are named after it; got ${JSON.stringify(name)}.`);
  }
  if (options.newSeeds && options.seed !== undefined) throw new CliError(exitCodes.badInput, 'Expected --seed or --new-seeds, got both.');
  specOf(options);
  return { request: { ...await requestOf(experiment, options), runId: name }, newSeeds: options.newSeeds ?? false };
}

export async function createSchedule({ schedule }: Client, request: ScheduledRequest, options: CreateOptions): Promise<void> {
  const { runId: name, experiment, title, command } = request.request;
  const memo: ScheduleMemo = { counterflow: { experiment, times: timesText(options), command } };
  try {
    await schedule.create({
      scheduleId: name,
      spec: specOf(options),
      action: { type: 'startWorkflow', workflowType: 'scheduled', workflowId: name, taskQueue: workflowQueue, args: [request], staticSummary: title },
      policies: { overlap: overlapOf(options.overlap), catchupWindow: options.catchUp, pauseOnFailure: options.onFailure === 'pause' },
      state: { paused: options.paused ?? false, ...options.limit !== undefined && { remainingActions: options.limit } },
      memo,
    });
  } catch (error) {
    throw refusal(name, options, error);
  }
}

function refusal(name: string, options: CreateOptions, error: unknown): unknown {
  if (error instanceof ScheduleAlreadyRunning) return new CliError(exitCodes.badInput, `Expected a name that no schedule has, got ${JSON.stringify(name)}; \`counterflow schedule delete ${name}\` removes that one, its runs stay.`);
  // what the client makes of a specification that the server refuses
  if (!(error instanceof TypeError)) return error;
  return new CliError(exitCodes.badInput, `Expected times that the server understands, got ${JSON.stringify(timesText(options))}: ${error.message}.`);
}
