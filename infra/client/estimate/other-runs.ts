/** Runs of a folder that somebody works on, beside what is being measured. */
import { idleRuns } from '../runs/idle-runs.ts';
import { listRuns, readRequest } from '../records/run-records.ts';

/** Ids, newest first. */
export interface RunsBeside {
  readonly underWay: readonly string[];
  /** On a server elsewhere, which is not asked: their records say that they go on, and those of dead ones say
   *  so for ever. */
  readonly unknown: readonly string[];
}

/** `own`: how ids of what is measured begin; null: it is no run. */
export async function otherRuns(out: string, own: string | null): Promise<RunsBeside> {
  const running = (await listRuns(out)).filter(
    ({ id, status }) => status === 'running' && (own === null || !id.startsWith(own)),
  );
  const elsewhere = new Set(
    (
      await Promise.all(running.map(async ({ id }) => ((await readRequest(out, id))?.address ? [id] : [])))
    ).flat(),
  );
  const idle = await idleRuns(out, running);
  const ids = running.map(({ id }) => id);
  return {
    underWay: ids.filter((id) => !elsewhere.has(id) && !idle.has(id)),
    unknown: ids.filter((id) => elsewhere.has(id)),
  };
}

/** Those of two looks, each once. */
export const either = (one: RunsBeside, other: RunsBeside): RunsBeside => ({
  underWay: [...new Set([...one.underWay, ...other.underWay])],
  unknown: [...new Set([...one.unknown, ...other.unknown])],
});
