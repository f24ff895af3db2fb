/** When a worker that nobody attends has nothing left to do. */
import type { NativeConnection } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { workflowQueue } from '../../workflows/shared/queues.ts';

export interface IdleRule {
  readonly askEveryMs: number;
  /** No run open for this long; longer than it takes to start the first one. */
  readonly idleForMs: number;
  /** The server silent for this long. */
  readonly silentForMs: number;
}

const defaults: IdleRule = { askEveryMs: 2000, idleForMs: 20_000, silentForMs: 120_000 };

/** Resolves when no run has been open for a while, or the server is gone; rejects with the signal's
 *  reason. */
export async function untilIdle(
  connection: NativeConnection,
  namespace: string,
  signal: AbortSignal,
  rule: Partial<IdleRule> = {},
): Promise<void> {
  const { askEveryMs, idleForMs, silentForMs } = { ...defaults, ...rule };
  let busyAt = Date.now();
  let answeredAt = Date.now();
  while (Date.now() - busyAt < idleForMs && Date.now() - answeredAt < silentForMs) {
    await sleep(askEveryMs, undefined, { signal });
    const open = await openRuns(connection, namespace);
    if (open !== null) answeredAt = Date.now();
    if (open !== 0) busyAt = Date.now();
  }
}

/** null: the server does not answer. */
async function openRuns(connection: NativeConnection, namespace: string): Promise<number | null> {
  try {
    const { count } = await connection.workflowService.countWorkflowExecutions({
      namespace,
      query: `TaskQueue = '${workflowQueue}' AND ExecutionStatus = 'Running'`,
    });
    return Number(count);
  } catch {
    return null;
  }
}
