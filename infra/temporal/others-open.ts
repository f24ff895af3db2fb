/** What else a worker goes on with: it takes the tasks of all that is open on its server, also of what
 *  somebody interrupted or a schedule began. */
import type { Client } from '@temporalio/client';
import { workflowQueue } from '../../workflows/shared/queues.ts';

/** A run that is no trial of a sweep, or a sweep. */
export interface OpenWork {
  readonly kind: 'run' | 'sweep';
  readonly id: string;
}

type Execution = { readonly workflowId: string; readonly type: string };

const answerWithinMs = 3000;
const mostNamed = 5;

/** Each call says what has been open since the call before, in one line. `own`: id of what the worker was
 *  started for. A server that is silent is asked again at the next call. */
export function othersTeller(
  client: Client,
  own: string | null,
  say: (line: string) => void,
): () => Promise<void> {
  const said = new Set<string>();
  return async () => {
    const others = othersAmong(await openOn(client).catch(() => []), own).filter(({ id }) => !said.has(id));
    for (const { id } of others) said.add(id);
    if (others.length > 0) say(othersSentence(others));
  };
}

async function openOn(client: Client): Promise<Execution[]> {
  const open: Execution[] = [];
  await client.withDeadline(Date.now() + answerWithinMs, async () => {
    for await (const { workflowId, type } of client.workflow.list({
      query: `TaskQueue = '${workflowQueue}' AND ExecutionStatus = 'Running'`,
    }))
      open.push({ workflowId, type });
  });
  return open;
}

/** Trials go with their sweep, trainings with their run, and firings are the run or sweep that they begin. */
export function othersAmong(open: readonly Execution[], own: string | null): OpenWork[] {
  const sweeps = open.flatMap(({ type, workflowId }) => (type === 'sweep' ? [workflowId] : []));
  const isTrial = (id: string): boolean =>
    /-[0-9a-f]{12}$/.test(id) && [...sweeps, own].includes(id.slice(0, -13));
  const others = open.filter(({ workflowId }) => workflowId !== own);
  return [
    ...others.flatMap(({ type, workflowId }): OpenWork[] =>
      type === 'sweep' ? [{ kind: 'sweep', id: workflowId }] : [],
    ),
    ...others.flatMap(({ type, workflowId }): OpenWork[] =>
      type === 'reproduce' && !isTrial(workflowId) ? [{ kind: 'run', id: workflowId }] : [],
    ),
  ];
}

export function othersSentence(others: readonly OpenWork[]): string {
  const named = others.slice(0, mostNamed).map(({ kind, id }) => `the ${kind} ${id}`);
  const more = others.length - named.length;
  const all = [...named, ...(more > 0 ? [`${more} more`] : [])];
  const list = all.length === 1 ? all[0]! : `${all.slice(0, -1).join(', ')} and ${all.at(-1)!}`;
  return `The worker also goes on with ${list}: it takes what is open on its server.`;
}
