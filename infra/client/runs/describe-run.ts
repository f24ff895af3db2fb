/** One look at a run through the server. What cannot be seen just now (no worker yet, a server that restarts)
 *  is left out, not an error. */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Progress } from '../../../activities/ports/progress.ts';
import type { RunStatus } from '../../../workflows/shared/status.ts';
import { ask } from '../server/ask.ts';
import { attemptFailure } from './attempt-failure.ts';
import type { ObservedRun, PendingActivity } from './run-view.ts';
import { wireNames } from '../../../workflows/shared/wire-names.ts';

export async function describeRun(client: Client, runId: string): Promise<ObservedRun> {
  const [status, activities] = await Promise.all([statusOf(client, runId), activitiesOf(client, runId)]);
  return { status, activities };
}

async function statusOf(client: Client, runId: string): Promise<RunStatus | null> {
  return await ask(client, () => client.workflow.getHandle(runId).query<RunStatus>(wireNames.status));
}

/** Of the run and of the trainings it has started. */
async function activitiesOf(client: Client, runId: string): Promise<PendingActivity[]> {
  const run = await describe(client, runId);
  if (!run) return [];
  const children = (run.raw.pendingChildren ?? [])
    .map((child) => child.workflowId ?? '')
    .filter((id) => id.startsWith(`${runId}/`));
  const trainings = await Promise.all(
    children.map(async (id) => ofTraining(await describe(client, id), id.slice(runId.length + 1))),
  );
  return [...trainings.flat(), ...pendingIn(run, null)];
}

/** A training is on show between two segments too, when no activity is under way. */
function ofTraining(description: WorkflowExecutionDescription | null, training: string): PendingActivity[] {
  const pending = pendingIn(description, training);
  return pending.length > 0
    ? pending
    : [{ activity: 'trainSegment', training, progress: null, isStarted: false, attempt: 1, failure: null }];
}

function pendingIn(
  description: WorkflowExecutionDescription | null,
  training: string | null,
): PendingActivity[] {
  return (description?.raw.pendingActivities ?? []).map(
    ({ activityType, state, heartbeatDetails, lastHeartbeatTime, attempt, lastFailure }) => ({
      activity: activityType?.name ?? 'activity',
      training,
      progress: decode(heartbeatDetails?.payloads?.[0]),
      isStarted: state !== scheduled,
      attempt: attempt ?? 1,
      failure: attemptFailure(lastFailure?.message),
      heardAt: lastHeartbeatTime ? tsToMs(lastHeartbeatTime) : null,
    }),
  );
}

/** As the server numbers states of pending activities: no worker has it, or it waits for its next attempt. */
const scheduled = 1;

/** A heartbeat may say nothing but that the worker lives. */
function decode(payload: Payload | undefined): Progress | null {
  return (payload && defaultPayloadConverter.fromPayload<Progress | undefined>(payload)) ?? null;
}

function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | null> {
  return ask(client, () => client.workflow.getHandle(workflowId).describe());
}
