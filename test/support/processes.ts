/** Whether a process is there, for tests that end some. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from '../../infra/temporal/process-identity.ts';

/** A zombie, which nobody may reap in a container, is not alive. */
export const isAlive = (pid: number): boolean => identityOf(pid) !== null;

export async function untilGone(pid: number, withinMs: number): Promise<void> {
  const from = Date.now();
  while (isAlive(pid)) {
    assert.ok(Date.now() - from < withinMs, `process ${pid} is still there after ${withinMs} ms`);
    await sleep(50);
  }
}
