/** Histories of ended executions, kept in their run's folder: the server forgets them. `runs/<id>/history/`
 *  holds Temporal's own JSON, and index.json names what is there. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workflowQueue } from '../../workflows/shared/queues.ts';
import { writeAtomically } from '../store/atomic-write.ts';
import { claiming } from '../store/claim.ts';
import { type ExportedHistory, indexText } from '../store/history-index.ts';
import type { Layout } from '../store/layout.ts';
import { withLock } from '../store/lock.ts';

type Execution = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'startTime' | 'status'>;

const answerWithinMs = 3000;

/** A worker that exports answers its visitors at once. */
const stoppedAfterMs = 5000;

/** Clocks of server and worker may differ. What ended within it is listed at every look, and held so long. */
const lookBackMs = 600_000;

const longestName = 200;

/** Each call exports what has ended and is not exported yet, of the runs that have a folder here. Throws
 *  where the server does not answer. */
export function historyExporter(client: Client, layout: Layout): () => Promise<void> {
  /** With the time of it: what ended long ago is on no list any more. */
  const exported = new Map<string, number>();
  let lookedAt: number | null = null;
  return async () => {
    const now = Date.now();
    const runs = new Set(await runsIn(layout));
    const ended = await endedExecutions(
      client,
      lookedAt,
      ({ workflowId, runId }) => runs.has(runOf(workflowId)) && !exported.has(runId),
    );
    for (const [run, executions] of byRun(ended)) {
      await exportRun(client, join(layout.out, run, 'history'), executions);
      for (const { runId } of executions) exported.set(runId, now);
    }
    for (const [id, at] of exported) if (at < now - 2 * lookBackMs) exported.delete(id);
    lookedAt = now;
  };
}

const runOf = (workflowId: string): string => workflowId.split('/')[0]!;

async function runsIn({ out }: Layout): Promise<string[]> {
  const entries = await readdir(out, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

async function endedExecutions(
  client: Client,
  lookedAt: number | null,
  isWanted: (execution: Execution) => boolean,
): Promise<Execution[]> {
  const recent =
    lookedAt === null
      ? ''
      : ` AND (ExecutionStatus = 'Running' OR CloseTime > '${new Date(lookedAt - lookBackMs).toISOString()}')`;
  const ended: Execution[] = [];
  await client.withDeadline(Date.now() + answerWithinMs, async () => {
    for await (const execution of client.workflow.list({
      query: `TaskQueue = '${workflowQueue}'${recent}`,
    })) {
      if (!isWanted(execution)) continue;
      const current = await currentOf(client, execution);
      if (current.status.name !== 'RUNNING') ended.push(current);
    }
  });
  return ended.sort((a, b) => Number(a.startTime) - Number(b.startTime));
}

/** The list lags behind: what it calls running may have ended. */
async function currentOf(client: Client, execution: Execution): Promise<Execution> {
  if (execution.status.name !== 'RUNNING') return execution;
  return client.workflow.getHandle(execution.workflowId, execution.runId).describe();
}

function byRun(executions: readonly Execution[]): Map<string, Execution[]> {
  const runs = new Map<string, Execution[]>();
  for (const execution of executions)
    runs.set(runOf(execution.workflowId), [...(runs.get(runOf(execution.workflowId)) ?? []), execution]);
  return runs;
}

/** A history is in the index once its file is whole; workers that share the folder take turns. One that was
 *  stopped on the way publishes nothing more. */
async function exportRun(client: Client, folder: string, executions: readonly Execution[]): Promise<void> {
  await withLock(
    folder,
    () =>
      claiming(
        folder,
        'export',
        async () => true,
        async ({ staging }) => {
          const index = await indexOf(folder);
          for (const { workflowId, runId: executionId, status, startTime } of executions) {
            if (index.some((entry) => entry.executionId === executionId)) continue;
            const file = fileFor(workflowId, index);
            const fetch = () => client.workflow.getHandle(workflowId, executionId).fetchHistory();
            const history = `${historyToJSON(await client.withDeadline(Date.now() + answerWithinMs, fetch))}\n`;
            await writeAtomically(join(folder, file), history, staging);
            const content = {
              sha256: createHash('sha256').update(history).digest('hex'),
              bytes: Buffer.byteLength(history),
            };
            index.push({
              file,
              workflowId,
              executionId,
              status: status.name,
              startedAt: startTime.toISOString(),
              ...content,
            });
            await writeAtomically(join(folder, 'index.json'), indexText(index), staging);
          }
        },
      ),
    { silentForMs: stoppedAfterMs },
  );
}

async function indexOf(folder: string): Promise<ExportedHistory[]> {
  try {
    return JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as ExportedHistory[];
  } catch {
    return []; // everything the server still has is exported again
  }
}

function fileFor(workflowId: string, index: readonly ExportedHistory[]): string {
  const name = workflowId.replaceAll(/[^\w.-]/g, '-').slice(0, longestName);
  const taken = new Set(['index.json', ...index.map(({ file }) => file)]);
  const numbered = (number: number): string => `${name}${number === 1 ? '' : `.${number}`}.json`;
  let number = 1;
  while (taken.has(numbered(number))) number += 1;
  return numbered(number);
}
