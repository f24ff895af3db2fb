/** The JSON files of a run's or a sweep's folder, as activities read them. */
import type { Decision } from '../contracts/decision.ts';
import type { RunRequest } from '../contracts/run.ts';
import type { Ports } from '../ports/ports.ts';
import { reachedIn } from './reached.ts';
import type { RunRecord } from './run-record.ts';

/** null: there is none, or not in one piece; then it is as if there were none. */
export async function keptFile<T>(
  { runs }: Pick<Ports, 'runs'>,
  id: string,
  name: string,
): Promise<T | null> {
  try {
    return JSON.parse((await runs.read(id, name)) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

export const keptRecord = (ports: Pick<Ports, 'runs'>, runId: string): Promise<Partial<RunRecord> | null> =>
  keptFile(ports, runId, 'run.json');

/** What a new execution of a run is asked for beside its request: what its trainings were told stays in
 *  force, and how many updates its control was given. `now`: an ISO time. `request`: as it is kept in the
 *  run's folder. */
export function goingOn(
  record: Partial<RunRecord> | null,
  now: string,
  { amended = [] }: Pick<RunRequest, 'amended'>,
): Pick<RunRequest, 'resumedAt' | 'told' | 'held' | 'reached' | 'chosen'> {
  const [decisions, steps] = [
    objectsIn<Decision>(record?.decisions),
    objectsIn<RunRecord['steps'][number]>(record?.steps),
  ];
  const told = decisions.filter(({ what }) => what === 'told');
  // what is no message there is left out by the workflow, which says so
  const { held, trainings } = record ?? {};
  const reached = reachedIn({ steps, decisions, trainings: trainings ?? {} }, amended);
  const chosen = decisions.findLast(({ what }) => what === 'chosen');
  const holdsAny = Array.isArray(held) ? held.length > 0 : held != null;
  return {
    resumedAt: now,
    ...(told.length > 0 && { told }),
    ...(holdsAny && { held: held! }),
    ...(Object.keys(reached).length > 0 && { reached }),
    ...(chosen && { chosen }),
  };
}

/** A list of a record, which may come from anywhere, without what is no object. */
const objectsIn = <T extends object>(list: unknown): T[] =>
  Array.isArray(list) ? list.filter((one): one is T => typeof one === 'object' && one !== null) : [];

/** For whoever starts a run that was there: where its record says that it goes on, it may complete before
 *  that start. */
export const isUnderWay = (record: Partial<RunRecord> | null): { readonly underWay?: true } =>
  record?.status === 'running' ? { underWay: true } : {};
