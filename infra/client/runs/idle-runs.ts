import { idleWorkflows, type OpenOf } from '../server/idle-workflows.ts';
import { readRecord, readRequest, summaryOf, type RunSummary } from '../records/run-records.ts';

/** Ids of the runs that are recorded as running while nobody works on them: their server is down, or without
 *  a worker, or knows better. Runs on a server somebody else runs are not judged. */
export async function idleRuns(
  out: string,
  runs: readonly RunSummary[],
  openOf?: OpenOf,
): Promise<ReadonlySet<string>> {
  const running = runs.filter((run) => run.status === 'running').map((run) => run.id);
  const stored = await Promise.all(running.map(async (id) => ({ id, request: await readRequest(out, id) })));
  const idle = await idleWorkflows(
    out,
    stored.filter(({ request }) => !request?.address).map(({ id }) => id),
    openOf,
  );
  return new Set(
    (
      await nowOf(
        out,
        runs.filter(({ id }) => idle.has(id)),
      )
    )
      .filter(({ status }) => status === 'running')
      .map(({ id }) => id),
  );
}

/** As their records are now: one that goes on when it is read may have ended by the time its server is
 *  asked. */
export async function nowOf(out: string, runs: readonly RunSummary[]): Promise<RunSummary[]> {
  return Promise.all(
    runs.map(async (run) => {
      const record = run.status === 'running' ? await readRecord(out, run.id).catch(() => null) : null;
      return record === null ? run : summaryOf(record);
    }),
  );
}
