import { idleWorkflows, type OpenOf } from './idle-workflows.ts';
import { readRequest, type RunSummary } from './run-files.ts';

/** Ids of the runs that are recorded as running while nobody works on them: their server is down, or without a worker, or knows better.
 *  Runs on a server somebody else runs are not judged. */
export async function idleRuns(out: string, runs: readonly RunSummary[], openOf?: OpenOf): Promise<ReadonlySet<string>> {
  const running = runs.filter(run => run.status === 'running').map(run => run.id);
  const stored = await Promise.all(running.map(async id => ({ id, request: await readRequest(out, id) })));
  return idleWorkflows(out, stored.filter(({ request }) => !request?.address).map(({ id }) => id), openOf);
}
