import type { SweepRecord } from '../../../activities/sweep/contracts.ts';
import { idleWorkflows, type OpenOf } from '../server/idle-workflows.ts';
import { sweepIn } from '../records/sweep-records.ts';

/** Ids of the sweeps that are recorded as running while nobody works on them; those on a server somebody else
 *  runs are not judged. */
export async function idleSweeps(
  out: string,
  sweeps: readonly SweepRecord[],
  openOf?: OpenOf,
): Promise<ReadonlySet<string>> {
  const idle = await idleWorkflows(
    out,
    sweeps
      .filter(({ status, address }) => status === 'running' && address === null)
      .map(({ sweep }) => sweep.id),
    openOf,
  );
  // one may have ended since its record was read
  const now = await Promise.all(
    [...idle].map(async (id) => ({ id, record: await sweepIn(out, id).catch(() => null) })),
  );
  return new Set(now.filter(({ record }) => record?.status === 'running').map(({ id }) => id));
}
