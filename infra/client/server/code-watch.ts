/** Whether the workflows' code is no longer that which an execution was begun with: the server hands its next
 *  task out for ever then, and only a log says why. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { ask } from './ask.ts';
import { wireNames } from '../../../workflows/shared/wire-names.ts';

export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

export interface Differing {
  readonly workflowId: string;
  /** As the worker has it. */
  readonly reason: string;
  /** All that is open of what it belongs to, the parent before its children. */
  readonly tree: readonly Execution[];
}

const lookEveryMs = 2000;
/** Another worker may have the right code: one answer of an execution, and it is not judged by what a worker
 *  said before. */
const confirmedAfterMs = 3000;
/** A query goes through the history first; one of a sweep of days is long. */
const answerWithinMs = 3000;
const eventsLookedAt = 5;
/** One that has just been started loads its workflows first. */
const workersComeWithinMs = 60_000;

/** Resolves as soon as the workflow, or one that it has started, is seen to be stuck for that. Never, where
 *  that is not so. Rejects with the signal's reason. */
export async function untilCodeDiffers(
  client: Client,
  workflowId: string,
  signal: AbortSignal,
): Promise<Differing> {
  return (await look(client, workflowId, signal, () => false))!;
}

/** For who starts a worker and leaves: as above, but null once all that is open has answered, or has not
 *  within that time. */
export async function codeDiffers(
  client: Client,
  workflowId: string,
  withinMs = workersComeWithinMs,
): Promise<Differing | null> {
  const over = AbortSignal.timeout(withinMs);
  return look(client, workflowId, over, (verdicts) =>
    verdicts.every((verdict) => verdict === 'answers'),
  ).catch((error: unknown) => {
    if (over.aborted) return null;
    throw error;
  });
}

async function look(
  client: Client,
  workflowId: string,
  signal: AbortSignal,
  isEnough: (verdicts: readonly Verdict[]) => boolean,
): Promise<Differing | null> {
  const watch = new CodeWatch(workflowId);
  for (; ; await sleep(lookEveryMs, undefined, { signal }).catch(() => signal.throwIfAborted())) {
    signal.throwIfAborted();
    const differing = await watch.look(client);
    if (differing !== null) return differing;
    if (isEnough(watch.verdicts)) return null;
  }
}

/** For who looks again and again: what has answered once is not asked any more. */
export class CodeWatch {
  readonly #workflowId: string;
  readonly #answered = new Set<string>();
  readonly #suspectSince = new Map<string, number>();
  #verdicts: readonly Verdict[] = [];

  constructor(workflowId: string) {
    this.#workflowId = workflowId;
  }

  /** Of the last look, one for each execution that was open. */
  get verdicts(): readonly Verdict[] {
    return this.#verdicts;
  }

  /** null: as far as has been seen, it can go on. */
  async look(client: Client): Promise<Differing | null> {
    const tree = await treeOf(client, this.#workflowId);
    const verdicts: Verdict[] = [];
    for (const one of tree) {
      const verdict = await judge(client, one, this.#answered);
      verdicts.push(verdict);
      const reason = this.#confirmed(one, verdict);
      if (reason !== null) return { workflowId: one.workflowId, reason, tree };
    }
    this.#verdicts = verdicts;
    return null;
  }

  #confirmed({ runId }: Execution, verdict: Verdict): string | null {
    if (verdict === 'answers') this.#suspectSince.delete(runId);
    if (verdict === 'answers' || verdict === 'silent') return null;
    const since = this.#suspectSince.get(runId) ?? performance.now();
    this.#suspectSince.set(runId, since);
    return performance.now() - since >= confirmedAfterMs ? verdict.reason : null;
  }
}

/** What is open of a workflow and of those it has started; empty where it has ended, or nobody answers. */
export async function treeOf(client: Client, workflowId: string): Promise<WorkflowExecutionDescription[]> {
  const root = await ask(client, () => client.workflow.getHandle(workflowId).describe());
  if (root?.status.name !== 'RUNNING') return [];
  const children = (root.raw.pendingChildren ?? []).flatMap((child) => child.workflowId ?? []);
  return [root, ...(await Promise.all(children.map((id) => treeOf(client, id)))).flat()];
}

type Verdict = 'answers' | 'silent' | { readonly reason: string };

/** By its task where that fails, else by a question, until it has answered one: while an activity goes on
 *  there is no task. */
async function judge(
  client: Client,
  description: WorkflowExecutionDescription,
  answered: Set<string>,
): Promise<Verdict> {
  const { workflowId, runId, raw } = description;
  if ((raw.pendingWorkflowTask?.attempt ?? 0) > 1) {
    const reason = await failureOfTask(client, description);
    return reason !== null && isOfCode(reason) ? { reason } : 'silent';
  }
  if (answered.has(runId)) return 'answers';
  try {
    await client.withDeadline(Date.now() + answerWithinMs, () =>
      client.workflow.getHandle(workflowId, runId).query(queries[description.type] ?? '__stack_trace'),
    );
  } catch (error) {
    const { message, name } = error as Error;
    if (isOfCode(message)) return { reason: message };
    if (name !== 'QueryNotRegisteredError') return 'silent';
  }
  answered.add(runId);
  return 'answers';
}

/** What each answers most cheaply. */
const queries: Readonly<Record<string, string>> = {
  reproduce: wireNames.status,
  train: wireNames.metrics,
  sweep: wireNames.sweepStatus,
};

/** The SDK's code for a history that its code does not lead to. */
const isOfCode = (message: string): boolean => message.includes('TMPRL1100');

/** Of a task that is tried again; null: it has not failed, or nobody answers. */
async function failureOfTask(client: Client, { workflowId, runId }: Execution): Promise<string | null> {
  const {
    workflowService,
    options: { namespace },
  } = client;
  const page = await ask(client, () =>
    workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: eventsLookedAt,
    }),
  );
  return (
    page?.history?.events?.find((event) => event.workflowTaskFailedEventAttributes)
      ?.workflowTaskFailedEventAttributes?.failure?.message ?? null
  );
}
