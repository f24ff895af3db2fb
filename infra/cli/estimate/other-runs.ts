/** Runs of a folder that somebody works on, beside what is being measured. */
import { idleRuns } from '../idle-runs.ts';
import { listRuns } from '../run-files.ts';

/** `own`: how ids of what is measured begin; null: it is no run. Ids of the others, newest first. */
export async function otherRuns(out: string, own: string | null): Promise<string[]> {
  const running = (await listRuns(out)).filter(({ id, status }) => status === 'running' && (own === null || !id.startsWith(own)));
  const idle = await idleRuns(out, running);
  return running.flatMap(({ id }) => idle.has(id) ? [] : [id]);
}
